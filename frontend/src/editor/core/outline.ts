/** Outlines of masks on their way to labels: fewer vertices, soundness, and the tightest turned box. */
import { flat, isSimple, signedArea, toSegment } from "./geometry";
import { tidy } from "./kinds/kind";
import type { PolygonGeometry, Pt, RotatedGeometry } from "./types";

/** Drops vertices that lie within `slack` of the line between those that stay; the ends stay. */
export function simplified(points: readonly Pt[], slack: number): Pt[] {
  if (points.length < 3) return [...points];
  const keep = new Uint8Array(points.length),
    open: [number, number][] = [[0, points.length - 1]];
  keep[0] = keep[points.length - 1] = 1;
  for (let range = open.pop(); range; range = open.pop()) {
    const [from, to] = range,
      [ax, ay] = points[from] as Pt,
      [bx, by] = points[to] as Pt;
    let far = slack,
      at = -1;
    for (let i = from + 1; i < to; i++) {
      const [x, y] = points[i] as Pt,
        d = toSegment(x, y, ax, ay, bx, by);
      if (d > far) {
        far = d;
        at = i;
      }
    }
    if (at < 0) continue;
    keep[at] = 1;
    open.push([from, at], [at, to]);
  }
  return points.filter((_, i) => keep[i]);
}

/** The rings that the server takes: parts whose outline is simple, with such of their holes. Null when no part is left. */
export function sound(polygons: PolygonGeometry["polygons"]): PolygonGeometry | null {
  const parts = polygons.flatMap((rings) => {
    const [outline, ...holes] = rings.map((ring) => ring.map(([x, y]): Pt => [tidy(x), tidy(y)]));
    return outline && isSimple(outline) ? [[outline, ...holes.filter(isSimple)]] : [];
  });
  return parts.length ? { polygons: parts } : null;
}

/** The most of an outline's area that may be cut off as a knot. */
const KNOT = 0.1;
const KNOTS = 60;

/** Snapped ways overlap a little where they meet: cuts such knots off. What crosses itself in earnest comes back as it was. */
export function unknotted(ring: readonly Pt[]): readonly Pt[] {
  let cut = 0,
    points = ring.filter((p, i) => i === 0 || p[0] !== ring[i - 1]?.[0] || p[1] !== ring[i - 1]?.[1]);
  for (let n = 0; n < KNOTS && !isSimple(points); n++) {
    const knot = firstKnot(points);
    if (!knot) return ring;
    const [i, j, at] = knot;
    const inner = [at, ...points.slice(i + 1, j + 1)],
      outer = [...points.slice(0, i + 1), at, ...points.slice(j + 1)];
    const [less, more] = areaOf(inner) < areaOf(outer) ? [inner, outer] : [outer, inner];
    cut += areaOf(less);
    points = more.filter((p, k) => {
      const before = more[(k + more.length - 1) % more.length];
      return p[0] !== before?.[0] || p[1] !== before[1];
    });
  }
  return isSimple(points) && cut < KNOT * areaOf(points) ? points : ring;
}

const areaOf = (ring: readonly Pt[]): number => Math.abs(signedArea(flat(ring)));

/** Two edges, by the index of their first vertices, that meet elsewhere than as neighbours, and where. */
function firstKnot(ring: readonly Pt[]): readonly [number, number, Pt] | null {
  const n = ring.length;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const a = ring[i] as Pt,
        b = ring[(i + 1) % n] as Pt,
        c = ring[j] as Pt,
        d = ring[(j + 1) % n] as Pt;
      if (j === i + 1) {
        if (toSegment(d[0], d[1], ...a, ...b) < 1e-9 && turn(a, b, d) === 0) return [i, j, d];
        continue;
      }
      if (i === 0 && j === n - 1) continue;
      const at = meeting(a, b, c, d);
      if (at) return [i, j, at];
    }
  return null;
}

function meeting(a: Pt, b: Pt, c: Pt, d: Pt): Pt | null {
  for (const p of [a, b]) if (toSegment(p[0], p[1], ...c, ...d) < 1e-9) return p;
  for (const p of [c, d]) if (toSegment(p[0], p[1], ...a, ...b) < 1e-9) return p;
  const u = turn(c, d, a),
    v = turn(c, d, b);
  if (u > 0 === v > 0 || turn(a, b, c) > 0 === turn(a, b, d) > 0) return null;
  const f = u / (u - v);
  return [tidy(a[0] + f * (b[0] - a[0])), tidy(a[1] + f * (b[1] - a[1]))];
}

const turn = (o: Pt, a: Pt, b: Pt): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);

function half(points: readonly Pt[]): Pt[] {
  const out: Pt[] = [];
  for (const p of points) {
    while (out.length > 1 && turn(out.at(-2) as Pt, out.at(-1) as Pt, p) <= 0) out.pop();
    out.push(p);
  }
  out.pop();
  return out;
}

/** Corners of the least convex outline around the points. */
export function hull(points: readonly Pt[]): Pt[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

/** The turned box of least area around the points: one of its sides lies on a side of their hull. */
export function turnedBox(points: readonly Pt[]): RotatedGeometry | null {
  const corners = hull(points);
  if (corners.length < 3 || Math.abs(signedArea(flat(corners))) < 1) return null;
  let best: RotatedGeometry | null = null;
  for (let i = 0; i < corners.length; i++) {
    const [ax, ay] = corners[i] as Pt,
      [bx, by] = corners[(i + 1) % corners.length] as Pt;
    const a = Math.atan2(by - ay, bx - ax),
      cos = Math.cos(a),
      sin = Math.sin(a);
    let [l, r, t, b] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [x, y] of corners) {
      const u = x * cos + y * sin,
        v = y * cos - x * sin;
      l = Math.min(l, u);
      r = Math.max(r, u);
      t = Math.min(t, v);
      b = Math.max(b, v);
    }
    const width = r - l,
      height = b - t;
    if (best && width * height >= best.width * best.height) continue;
    const [u, v] = [(l + r) / 2, (t + b) / 2];
    best = { cx: u * cos - v * sin, cy: u * sin + v * cos, width, height, angle: (a * 180) / Math.PI };
  }
  if (!best) return null;
  // The same box has four angles; the smallest turn is the one people expect.
  const quarter = Math.round(best.angle / 90),
    angle = best.angle - quarter * 90,
    swap = Math.abs(quarter) % 2 === 1;
  return {
    cx: tidy(best.cx),
    cy: tidy(best.cy),
    width: tidy(swap ? best.height : best.width),
    height: tidy(swap ? best.width : best.height),
    angle: tidy((angle + 360) % 360),
  };
}
