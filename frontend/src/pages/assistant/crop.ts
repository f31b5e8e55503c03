import type { RleMask } from "../../api/types";
import { bitsOfRuns, decodeCounts } from "../../editor/core/rle";

/** A part of an image, whole pixels: min inclusive, max exclusive. */
export interface Crop {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/** The box of an object with some of what is around it, within the image and never empty. */
export function cropOf(
  [x, y, width, height]: readonly [number, number, number, number],
  image: { width: number; height: number },
  margin = 0.25,
): Crop {
  const room = Math.max(4, Math.round(Math.max(width, height) * margin));
  const minX = Math.min(image.width - 1, Math.max(0, Math.floor(x - room)));
  const minY = Math.min(image.height - 1, Math.max(0, Math.floor(y - room)));
  return {
    minX,
    minY,
    maxX: Math.max(minX + 1, Math.min(image.width, Math.ceil(x + width + room))),
    maxY: Math.max(minY + 1, Math.min(image.height, Math.ceil(y + height + room))),
  };
}

export type Colour = readonly [number, number, number];

const INSIDE = 80;

/** The mask over the crop as colour: its inside a tint, its border full. Null when the text cannot be read. */
export function tint({ size: [height], counts }: RleMask, crop: Crop, [r, g, b]: Colour): Uint8ClampedArray | null {
  let bits: Uint8Array;
  try {
    bits = bitsOfRuns(decodeCounts(counts), height, crop);
  } catch {
    return null;
  }
  const w = crop.maxX - crop.minX,
    h = crop.maxY - crop.minY,
    pixels = new Uint8ClampedArray(w * h * 4);
  const set = (x: number, y: number) => x >= 0 && y >= 0 && x < w && y < h && bits[y * w + x] === 1;
  for (let y = 0, o = 0; y < h; y++) {
    for (let x = 0; x < w; x++, o++) {
      if (!bits[o]) continue;
      const inner = set(x - 1, y) && set(x + 1, y) && set(x, y - 1) && set(x, y + 1);
      pixels.set([r, g, b, inner ? INSIDE : 255], o * 4);
    }
  }
  return pixels;
}

/** The size of the drawing, in its own pixels: the crop as large as fits, whole factors where it is small. */
export function drawnSize(crop: Crop, most: number): { width: number; height: number; scale: number } {
  const w = crop.maxX - crop.minX,
    h = crop.maxY - crop.minY,
    scale = most / Math.max(w, h);
  return { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)), scale };
}
