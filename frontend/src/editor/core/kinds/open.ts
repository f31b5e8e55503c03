/** Shapes without an inside: polyline, keypoint, skeleton. */
import { flat, nearestEdge } from "../geometry";
import type { Pt, Template } from "../types";
import { type Kind, NOTHING, tidy, vertex } from "./kind";

export const polyline: Kind<"polyline"> = {
  shape: "polyline",
  editable: true,
  path: (g) => ({ rings: [], lines: [flat(g.points)], dots: NOTHING }),
  moved: (g, dx, dy) => ({ points: g.points.map(([x, y]): Pt => [tidy(x + dx), tidy(y + dy)]) }),
  handles: (g) => g.points.map(([x, y], i) => vertex(0, 0, i, x, y)),
  dragged: (g, h, x, y) => ({ points: g.points.map((p, i): Pt => (i === h.index ? [tidy(x), tidy(y)] : p)) }),
  grown(g, x, y, reach) {
    const near = nearestEdge(flat(g.points), x, y, false);
    return near.distance <= reach ? { points: g.points.toSpliced(near.index + 1, 0, [tidy(x), tidy(y)]) } : null;
  },
  shrunk: (g, h) => (g.points.length > 2 ? { points: g.points.toSpliced(h.index, 1) } : null),
  fault: (g) => (g.points.length > 1 ? null : "tiny"),
};

export const keypoint: Kind<"keypoint"> = {
  shape: "keypoint",
  editable: true,
  path: (g) => ({ rings: [], lines: [], dots: Float64Array.of(g.x, g.y) }),
  moved: (g, dx, dy) => ({ x: tidy(g.x + dx), y: tidy(g.y + dy) }),
  handles: (g) => [vertex(0, 0, 0, g.x, g.y)],
  dragged: (_g, _h, x, y) => ({ x: tidy(x), y: tidy(y) }),
};

/** Joints are dots; the bones between them come from the class's template, which the scene adds. */
export const skeleton: Kind<"skeleton"> = {
  shape: "skeleton",
  editable: true,
  path: (g) => ({
    rings: [],
    lines: [],
    dots: flat(g.points.filter((p) => p.visibility > 0).map((p): Pt => [p.x, p.y])),
  }),
  moved: (g, dx, dy) => ({ points: g.points.map((p) => ({ ...p, x: tidy(p.x + dx), y: tidy(p.y + dy) })) }),
  handles: (g) => g.points.flatMap((p, i) => (p.visibility > 0 ? [vertex(0, 0, i, p.x, p.y)] : [])),
  dragged: (g, h, x, y) => ({ points: g.points.map((p, i) => (i === h.index ? { ...p, x: tidy(x), y: tidy(y) } : p)) }),
};

export function bones(
  points: readonly { name: string; x: number; y: number; visibility: number }[],
  template: Template,
): Float64Array[] {
  const byName = new Map(points.filter((p) => p.visibility > 0).map((p) => [p.name, p]));
  return template.edges.flatMap(([a, b]) => {
    const from = byName.get(template.points[a] ?? ""),
      to = byName.get(template.points[b] ?? "");
    return from && to ? [Float64Array.of(from.x, from.y, to.x, to.y)] : [];
  });
}
