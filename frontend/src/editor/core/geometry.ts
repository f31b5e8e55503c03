/** Plane geometry on flat coordinate arrays `[x0, y0, x1, y1, …]`. Pure; units are whatever the caller uses. */
import type { Pt } from "./types";

export interface Box {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

export const clamp = (v: number, low: number, high: number): number => Math.max(low, Math.min(high, v));

export function flat(points: readonly Pt[]): Float64Array {
  const out = new Float64Array(points.length * 2);
  for (let i = 0; i < points.length; i++) {
    const p = points[i] as Pt;
    out[2 * i] = p[0];
    out[2 * i + 1] = p[1];
  }
  return out;
}

export function boundsOf(paths: readonly Float64Array[]): Box {
  const b = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const p of paths)
    for (let i = 0; i < p.length; i += 2) {
      const x = p[i] as number,
        y = p[i + 1] as number;
      if (x < b.minX) b.minX = x;
      if (x > b.maxX) b.maxX = x;
      if (y < b.minY) b.minY = y;
      if (y > b.maxY) b.maxY = y;
    }
  return b;
}

export const union = (a: Box, b: Box): Box => ({
  minX: Math.min(a.minX, b.minX),
  minY: Math.min(a.minY, b.minY),
  maxX: Math.max(a.maxX, b.maxX),
  maxY: Math.max(a.maxY, b.maxY),
});

export const grown = (b: Box, by: number): Box => ({
  minX: b.minX - by,
  minY: b.minY - by,
  maxX: b.maxX + by,
  maxY: b.maxY + by,
});

/** Twice the signed area would decide orientation alone; the area itself also ranks shapes under the pointer. */
export function signedArea(p: Float64Array): number {
  let sum = 0;
  for (let i = 0, j = p.length - 2; i < p.length; j = i, i += 2)
    sum += (p[j] as number) * (p[i + 1] as number) - (p[i] as number) * (p[j + 1] as number);
  return sum / 2;
}

/** The ring, reversed when its orientation is not the one asked for. Holes run against outlines so that non-zero filling leaves them empty. */
export function oriented(p: Float64Array, positive: boolean): Float64Array {
  if (signedArea(p) >= 0 === positive) return p;
  const out = new Float64Array(p.length);
  for (let i = 0; i < p.length; i += 2) {
    out[i] = p[p.length - 2 - i] as number;
    out[i + 1] = p[p.length - 1 - i] as number;
  }
  return out;
}

/** Even-odd over all rings at once: holes and parts need no special case. */
export function insideRings(rings: readonly Float64Array[], x: number, y: number): boolean {
  let odd = false;
  for (const p of rings)
    for (let i = 0, j = p.length - 2; i < p.length; j = i, i += 2) {
      const yi = p[i + 1] as number,
        yj = p[j + 1] as number;
      if (yi > y !== yj > y) {
        const xi = p[i] as number,
          xj = p[j] as number;
        if (x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
      }
    }
  return odd;
}

export function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax,
    dy = by - ay,
    len = dx * dx + dy * dy;
  const u = len ? clamp(((x - ax) * dx + (y - ay) * dy) / len, 0, 1) : 0;
  return Math.hypot(x - ax - u * dx, y - ay - u * dy);
}

/** Distance to the nearest segment and the index of its first vertex. */
export function nearestEdge(
  p: Float64Array,
  x: number,
  y: number,
  closed: boolean,
): { distance: number; index: number } {
  const best = { distance: Infinity, index: -1 },
    n = p.length / 2,
    edges = closed ? n : n - 1;
  for (let i = 0; i < edges; i++) {
    const j = (i + 1) % n;
    const d = toSegment(x, y, p[2 * i] as number, p[2 * i + 1] as number, p[2 * j] as number, p[2 * j + 1] as number);
    if (d < best.distance) {
      best.distance = d;
      best.index = i;
    }
  }
  return best;
}

function cross(ox: number, oy: number, ax: number, ay: number, bx: number, by: number): number {
  return (ax - ox) * (by - oy) - (ay - oy) * (bx - ox);
}

function segmentsMeet(a: Pt, b: Pt, c: Pt, d: Pt): boolean {
  const d1 = cross(...c, ...d, ...a),
    d2 = cross(...c, ...d, ...b),
    d3 = cross(...a, ...b, ...c),
    d4 = cross(...a, ...b, ...d);
  if (d1 > 0 !== d2 > 0 && d3 > 0 !== d4 > 0 && d1 !== 0 && d2 !== 0 && d3 !== 0 && d4 !== 0) return true;
  const on = (p: Pt, q: Pt, r: Pt) =>
    Math.min(p[0], q[0]) <= r[0] &&
    r[0] <= Math.max(p[0], q[0]) &&
    Math.min(p[1], q[1]) <= r[1] &&
    r[1] <= Math.max(p[1], q[1]);
  return (
    (d1 === 0 && on(c, d, a)) || (d2 === 0 && on(c, d, b)) || (d3 === 0 && on(a, b, c)) || (d4 === 0 && on(a, b, d))
  );
}

/** Whether a closed outline has an area and never touches itself; the server refuses others. */
export function isSimple(ring: readonly Pt[]): boolean {
  const n = ring.length;
  if (n < 3 || signedArea(flat(ring)) === 0) return false;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const near = j === i + 1 || (i === 0 && j === n - 1);
      const a = ring[i] as Pt,
        b = ring[(i + 1) % n] as Pt,
        c = ring[j] as Pt,
        d = ring[(j + 1) % n] as Pt;
      if (near) {
        if (a[0] === b[0] && a[1] === b[1]) return false;
        continue;
      }
      if (segmentsMeet(a, b, c, d)) return false;
    }
  return true;
}

/** How far a shape may be moved so that it stays inside an image of the given size. */
export function clampedDelta(b: Box, dx: number, dy: number, width: number, height: number): Pt {
  const limit = (d: number, low: number, high: number) => (low > high ? 0 : clamp(d, low, high));
  return [limit(dx, -b.minX, width - b.maxX), limit(dy, -b.minY, height - b.maxY)];
}
