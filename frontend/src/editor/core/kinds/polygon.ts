import { flat, isSimple, nearestEdge, oriented } from "../geometry";
import type { PolygonGeometry, Pt } from "../types";
import { type Kind, NOTHING, tidy, vertex } from "./kind";

type Rings = (ring: readonly Pt[], part: number, index: number) => readonly Pt[];

function mapped(g: PolygonGeometry, change: Rings): PolygonGeometry {
  return { polygons: g.polygons.map((rings, part) => rings.map((ring, index) => change(ring, part, index))) };
}

function withRing(g: PolygonGeometry, part: number, ring: number, points: readonly Pt[]): PolygonGeometry {
  return mapped(g, (old, p, r) => (p === part && r === ring ? points : old));
}

export const polygon: Kind<"polygon"> = {
  shape: "polygon",
  editable: true,
  path: (g) => ({
    rings: g.polygons.flatMap((rings) => rings.map((ring, i) => oriented(flat(ring), i === 0))),
    lines: [],
    dots: NOTHING,
  }),
  moved: (g, dx, dy) => mapped(g, (ring) => ring.map(([x, y]): Pt => [tidy(x + dx), tidy(y + dy)])),
  handles: (g) =>
    g.polygons.flatMap((rings, part) => rings.flatMap((ring, r) => ring.map(([x, y], i) => vertex(part, r, i, x, y)))),
  dragged: (g, h, x, y) =>
    mapped(g, (ring, part, r) =>
      part === h.part && r === h.ring ? ring.map((p, i): Pt => (i === h.index ? [tidy(x), tidy(y)] : p)) : ring,
    ),
  grown(g, x, y, reach) {
    let best = { distance: reach, index: -1, part: 0, ring: 0 };
    for (const [part, rings] of g.polygons.entries())
      for (const [ring, points] of rings.entries()) {
        const near = nearestEdge(flat(points), x, y, true);
        if (near.distance <= best.distance) best = { ...near, part, ring };
      }
    const points = g.polygons[best.part]?.[best.ring];
    if (best.index < 0 || !points) return null;
    return withRing(g, best.part, best.ring, points.toSpliced(best.index + 1, 0, [tidy(x), tidy(y)]));
  },
  shrunk(g, h) {
    const points = g.polygons[h.part]?.[h.ring];
    if (!points) return null;
    if (points.length > 3) return withRing(g, h.part, h.ring, points.toSpliced(h.index, 1));
    // The last triangle of a ring goes as a whole: a hole simply closes, an outline takes its part with it.
    const polygons =
      h.ring > 0
        ? g.polygons.map((rings, part) => (part === h.part ? rings.toSpliced(h.ring, 1) : rings))
        : g.polygons.toSpliced(h.part, 1);
    return polygons.length ? { polygons } : null;
  },
  fault: (g) => (g.polygons.length && g.polygons.every((rings) => rings.every(isSimple)) ? null : "crossing"),
};
