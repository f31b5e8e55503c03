import type { RotatedGeometry } from "../types";
import { type Handle, type Kind, NOTHING, tidy } from "./kind";

const CORNERS = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
] as const;
const SIDES = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const;
const TURN = 8;
const STEP = 15;

function axes(g: RotatedGeometry) {
  const a = (g.angle * Math.PI) / 180;
  return { cos: Math.cos(a), sin: Math.sin(a) };
}

function at(g: RotatedGeometry, h: number, v: number): readonly [number, number] {
  const { cos, sin } = axes(g),
    u = (h * g.width) / 2,
    w = (v * g.height) / 2;
  return [g.cx + u * cos - w * sin, g.cy + u * sin + w * cos];
}

/** Clockwise degrees on a screen whose y grows downwards is the mathematical direction, so no sign is turned. */
export const rotated: Kind<"rotatable_bounding_box"> = {
  shape: "rotatable_bounding_box",
  editable: true,
  path: (g) => ({ rings: [Float64Array.from(CORNERS.flatMap(([h, v]) => at(g, h, v)))], lines: [], dots: NOTHING }),
  moved: (g, dx, dy) => ({ ...g, cx: tidy(g.cx + dx), cy: tidy(g.cy + dy) }),
  handles(g) {
    const grips = [...CORNERS, ...SIDES].map(([h, v], index): Handle => {
      const [x, y] = at(g, h, v);
      return { role: h && v ? "corner" : "side", part: 0, ring: 0, index, x, y, cursor: "move" };
    });
    const [x, y] = at(g, 0, -1 - 0.25);
    return [...grips, { role: "turn", part: 0, ring: 0, index: TURN, x, y, cursor: "grab" }];
  },
  dragged(g, handle, x, y, even) {
    if (handle.index === TURN) {
      let angle = (Math.atan2(y - g.cy, x - g.cx) * 180) / Math.PI + 90;
      if (even) angle = Math.round(angle / STEP) * STEP;
      return { ...g, angle: tidy(((angle % 360) + 360) % 360) };
    }
    const [h, v] = [...CORNERS, ...SIDES][handle.index] ?? [0, 0];
    const { cos, sin } = axes(g),
      [fx, fy] = at(g, -h, -v);
    const dx = x - fx,
      dy = y - fy;
    const width = h ? Math.max(0.01, h * (dx * cos + dy * sin)) : g.width;
    const height = v ? Math.max(0.01, v * (dy * cos - dx * sin)) : g.height;
    const u = (h * width) / 2,
      w = (v * height) / 2;
    return {
      ...g,
      width: tidy(width),
      height: tidy(height),
      cx: tidy(fx + u * cos - w * sin),
      cy: tidy(fy + u * sin + w * cos),
    };
  },
  fault: (g) => (g.width > 0 && g.height > 0 ? null : "tiny"),
};
