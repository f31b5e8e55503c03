/** The brush's mask as pictures: tiles that exist where something was painted, of which a stroke repairs only what it touched. */
import { type Box, clamp } from "../core/geometry";
import type { MaskBuffer } from "../core/mask";
import type { View } from "../core/view";

const TILE = 256;
const ALPHA = 0.5;

interface Tile {
  readonly left: number;
  readonly top: number;
  readonly ink: OffscreenCanvasRenderingContext2D;
}

export class MaskLayer {
  private readonly tiles = new Map<string, Tile>();
  private shown: { buffer: MaskBuffer; color: string } | null = null;

  draw(g: CanvasRenderingContext2D, buffer: MaskBuffer, color: string, { x, y, k }: View): void {
    if (this.shown?.buffer !== buffer || this.shown.color !== color) {
      this.tiles.clear();
      this.shown = { buffer, color };
      buffer.takeDirty();
      if (buffer.box) this.repair(buffer, color, buffer.box);
    }
    const dirty = buffer.takeDirty();
    if (dirty) this.repair(buffer, color, dirty);
    g.globalAlpha = ALPHA;
    g.imageSmoothingEnabled = k < 4;
    const { width, height } = g.canvas;
    for (const { left, top, ink } of this.tiles.values()) {
      // Whole device pixels: between tiles there is neither a gap nor a seam.
      const ax = Math.round(left * k + x),
        ay = Math.round(top * k + y),
        bx = Math.round((left + TILE) * k + x),
        by = Math.round((top + TILE) * k + y);
      if (bx > 0 && by > 0 && ax < width && ay < height) g.drawImage(ink.canvas, ax, ay, bx - ax, by - ay);
    }
    g.globalAlpha = 1;
  }

  private repair({ bits, size }: MaskBuffer, color: string, box: Box): void {
    const [r, gr, b] = rgbOf(color),
      value = (255 << 24) | (b << 16) | (gr << 8) | r;
    for (let top = Math.floor(box.minY / TILE) * TILE; top < box.maxY; top += TILE)
      for (let left = Math.floor(box.minX / TILE) * TILE; left < box.maxX; left += TILE) {
        const x0 = Math.max(left, box.minX),
          x1 = clamp(left + TILE, 0, box.maxX),
          y0 = Math.max(top, box.minY),
          y1 = clamp(top + TILE, 0, box.maxY);
        const image = new ImageData(x1 - x0, y1 - y0),
          px = new Int32Array(image.data.buffer);
        for (let y = y0, p = 0; y < y1; y++)
          for (let x = x0, o = y * size.width + x0; x < x1; x++, o++, p++) if (bits[o]) px[p] = value;
        this.tile(left, top)?.ink.putImageData(image, x0 - left, y0 - top);
      }
  }

  private tile(left: number, top: number): Tile | null {
    const key = `${left},${top}`,
      known = this.tiles.get(key);
    if (known) return known;
    const ink = new OffscreenCanvas(TILE, TILE).getContext("2d");
    if (!ink) return null;
    const made = { left, top, ink };
    this.tiles.set(key, made);
    return made;
  }
}

/** Classes have colours as `#rrggbb`; any other spelling is painted white. */
function rgbOf(color: string): readonly [number, number, number] {
  const n = /^#[0-9a-f]{6}$/i.test(color) ? Number.parseInt(color.slice(1), 16) : 0xffffff;
  return [n >> 16, (n >> 8) & 255, n & 255];
}
