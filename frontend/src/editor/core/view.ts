/** Where the image lies on the screen: screen = image * k + (x, y), in CSS pixels. */
import { type Box, clamp } from "./geometry";

export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MAX_ZOOM = 64;

export const toImage = (v: View, sx: number, sy: number): readonly [number, number] => [
  (sx - v.x) / v.k,
  (sy - v.y) / v.k,
];
export const toScreen = (v: View, x: number, y: number): readonly [number, number] => [x * v.k + v.x, y * v.k + v.y];

/** The box in the middle of the port, filling `share` of it, magnified `most` times at most. */
export function fitted(box: Box, port: Size, share = 0.96, most = MAX_ZOOM): View {
  const w = Math.max(1, box.maxX - box.minX),
    h = Math.max(1, box.maxY - box.minY);
  const k = Math.min(most, Math.min((port.width * share) / w, (port.height * share) / h));
  return {
    k,
    x: port.width / 2 - ((box.minX + box.maxX) / 2) * k,
    y: port.height / 2 - ((box.minY + box.maxY) / 2) * k,
  };
}

/** Zooms by a factor and keeps the image point under (sx, sy) where it is. */
export function zoomed(v: View, factor: number, sx: number, sy: number, least: number): View {
  const k = clamp(v.k * factor, least, MAX_ZOOM),
    f = k / v.k;
  return { k, x: sx - (sx - v.x) * f, y: sy - (sy - v.y) * f };
}

/** Keeps at least a corner of the image in the port, so that nobody loses it. */
export function kept(v: View, image: Size, port: Size): View {
  const edge = Math.min(80, port.width / 3, port.height / 3);
  return {
    k: v.k,
    x: clamp(v.x, edge - image.width * v.k, port.width - edge),
    y: clamp(v.y, edge - image.height * v.k, port.height - edge),
  };
}

/** What of the image was in the middle of the port, in shares of its size, and how large: an image after it can be shown alike. */
export interface Sight {
  readonly k: number;
  readonly u: number;
  readonly v: number;
}

export const sightOf = (v: View, image: Size, port: Size): Sight => ({
  k: v.k,
  u: (port.width / 2 - v.x) / v.k / image.width,
  v: (port.height / 2 - v.y) / v.k / image.height,
});

export const viewOf = ({ k, u, v }: Sight, image: Size, port: Size): View => ({
  k,
  x: port.width / 2 - u * image.width * k,
  y: port.height / 2 - v * image.height * k,
});

export const seen = (v: View, port: Size): Box => ({
  minX: -v.x / v.k,
  minY: -v.y / v.k,
  maxX: (port.width - v.x) / v.k,
  maxY: (port.height - v.y) / v.k,
});
