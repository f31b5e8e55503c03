/** How what a model sees is drawn over the image: dashed, in a colour of its own. */
import type { Item } from "../core/item";
import { MaskBuffer } from "../core/mask";
import type { Pen } from "../core/pen";
import type { Pt } from "../core/types";
import type { Size } from "../core/view";

/** No class of the palette looks like it; the panel's swatch is the same. */
export const MODEL_COLOR = "#ff4dff";

const buffers = new WeakMap<Item, MaskBuffer>();

const points = (flat: Float64Array): Pt[] =>
  Array.from({ length: flat.length / 2 }, (_, i): Pt => [flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0]);

/** `words` are written below it; without them it is one of several and stays an outline. */
export function sketch(pen: Pen, item: Item, image: Size, words: string | null): void {
  const color = MODEL_COLOR;
  // The object itself must be seen, not a colour over it.
  if (item.rings.length) pen.shape(item.rings.map(points), color, { fill: 0, dashed: true });
  for (const line of item.lines) pen.line(points(line), color, { dashed: true });
  for (const [x, y] of points(item.dots)) pen.dot(x, y, color, 5);
  if (item.mask) {
    const { minX, minY, maxX, maxY } = item;
    if (words !== null && item.label.shape === "bitmask") {
      let buffer = buffers.get(item);
      if (!buffer) {
        buffer = new MaskBuffer(image);
        buffer.load(item.label.geometry);
        buffers.set(item, buffer);
      }
      pen.mask(buffer, color);
    }
    const frame: Pt[] = [
      [minX, minY],
      [maxX, minY],
      [maxX, maxY],
      [minX, maxY],
    ];
    pen.line(frame, color, { closed: true, dashed: true });
  }
  if (words) pen.text(item.minX, item.maxY, words);
}
