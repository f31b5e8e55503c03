import type { BoxGeometry } from "../types";
import { type Handle, type Kind, NOTHING, tidy } from "./kind";

/** Which sides a handle moves: corners first (clockwise from top left), then the middles of top, right, bottom, left. */
const GRIPS: readonly { readonly h: -1 | 0 | 1; readonly v: -1 | 0 | 1; readonly cursor: string }[] = [
  { h: -1, v: -1, cursor: "nwse-resize" },
  { h: 1, v: -1, cursor: "nesw-resize" },
  { h: 1, v: 1, cursor: "nwse-resize" },
  { h: -1, v: 1, cursor: "nesw-resize" },
  { h: 0, v: -1, cursor: "ns-resize" },
  { h: 1, v: 0, cursor: "ew-resize" },
  { h: 0, v: 1, cursor: "ns-resize" },
  { h: -1, v: 0, cursor: "ew-resize" },
];

export function boxBetween(ax: number, ay: number, bx: number, by: number): BoxGeometry {
  const x = tidy(Math.min(ax, bx)),
    y = tidy(Math.min(ay, by));
  return { x, y, width: tidy(Math.max(ax, bx) - x), height: tidy(Math.max(ay, by) - y) };
}

export const box: Kind<"bounding_box"> = {
  shape: "bounding_box",
  editable: true,
  path({ x, y, width, height }) {
    return {
      rings: [Float64Array.of(x, y, x + width, y, x + width, y + height, x, y + height)],
      lines: [],
      dots: NOTHING,
    };
  },
  moved: (g, dx, dy) => ({ ...g, x: tidy(g.x + dx), y: tidy(g.y + dy) }),
  handles: (g) =>
    GRIPS.map(
      ({ h, v, cursor }, index): Handle => ({
        role: h && v ? "corner" : "side",
        part: 0,
        ring: 0,
        index,
        cursor,
        x: g.x + ((h + 1) / 2) * g.width,
        y: g.y + ((v + 1) / 2) * g.height,
      }),
    ),
  dragged(g, handle, x, y, even) {
    const grip = GRIPS[handle.index];
    if (!grip) return g;
    const fixedX = grip.h < 0 ? g.x + g.width : g.x,
      fixedY = grip.v < 0 ? g.y + g.height : g.y;
    let toX = grip.h ? x : g.x + g.width,
      toY = grip.v ? y : g.y + g.height;
    if (even && grip.h && grip.v && g.width && g.height) {
      const scale = Math.max(Math.abs(toX - fixedX) / g.width, Math.abs(toY - fixedY) / g.height);
      toX = fixedX + Math.sign(toX - fixedX || 1) * scale * g.width;
      toY = fixedY + Math.sign(toY - fixedY || 1) * scale * g.height;
    }
    return boxBetween(fixedX, fixedY, toX, toY);
  },
  fault: (g) => (g.width > 0 && g.height > 0 ? null : "tiny"),
};
