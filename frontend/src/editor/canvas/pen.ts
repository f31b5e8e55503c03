/** The pen that tools draw with: image coordinates in, device pixels of the hand layer out. */
import type { Pen } from "../core/pen";
import type { View } from "../core/view";
import type { MaskLayer } from "./masklayer";
import { HALO } from "./painter";

const GUIDE = "rgba(255,255,255,0.55)";
const DARK = "#1a1b1e";
const SIGN_PX = 8;
type Points = readonly (readonly [number, number])[];

/** `stain` is told of every stroke: a layer nothing was drawn on need not be wiped. */
export function penOn(g: CanvasRenderingContext2D, view: View, r: number, masks: MaskLayer, stain: () => void): Pen {
  const at = (x: number, y: number) => [x * view.k + view.x, y * view.k + view.y] as const;
  const trace = (points: Points, closed: boolean) => {
    points.forEach(([x, y], i) => {
      if (i) g.lineTo(...at(x, y));
      else g.moveTo(...at(x, y));
    });
    if (closed) g.closePath();
  };
  const stroke = (color: string, dashed: boolean) => {
    g.strokeStyle = HALO;
    g.lineWidth = 4 * r;
    g.stroke();
    g.strokeStyle = color;
    g.lineWidth = 2 * r;
    g.setLineDash(dashed ? [5 * r, 4 * r] : []);
    g.stroke();
    g.setLineDash([]);
  };
  return {
    zoom: view.k / r,
    line(points, color, { closed = false, dashed = false, fill = false } = {}) {
      stain();
      g.beginPath();
      trace(points, closed);
      if (fill) {
        g.fillStyle = color;
        g.globalAlpha = 0.2;
        g.fill();
        g.globalAlpha = 1;
      }
      stroke(color, dashed);
    },
    shape(rings, color, { fill = 0.35, dashed = false } = {}) {
      stain();
      g.beginPath();
      for (const ring of rings) trace(ring, true);
      if (fill) {
        g.fillStyle = color;
        g.globalAlpha = fill;
        g.fill("evenodd");
        g.globalAlpha = 1;
      }
      stroke(color, dashed);
    },
    sign(x, y, plus) {
      stain();
      const [sx, sy] = at(x, y),
        s = SIGN_PX * r,
        arm = s * 0.55;
      g.beginPath();
      g.arc(sx, sy, s, 0, 7);
      g.fillStyle = plus ? "#2f9e44" : "#e03131";
      g.fill();
      g.strokeStyle = "#fff";
      g.lineWidth = 1.5 * r;
      g.stroke();
      g.beginPath();
      g.moveTo(sx - arm, sy);
      g.lineTo(sx + arm, sy);
      if (plus) {
        g.moveTo(sx, sy - arm);
        g.lineTo(sx, sy + arm);
      }
      g.lineWidth = 2 * r;
      g.stroke();
    },
    mask(buffer, color) {
      stain();
      masks.draw(g, buffer, color, view);
    },
    ring(x, y, radius, dashed) {
      stain();
      g.beginPath();
      g.arc(...at(x, y), Math.max(1, radius * view.k), 0, 7);
      g.strokeStyle = DARK;
      g.lineWidth = 3 * r;
      g.stroke();
      g.strokeStyle = "#fff";
      g.lineWidth = 1.25 * r;
      g.setLineDash(dashed ? [4 * r, 3 * r] : []);
      g.stroke();
      g.setLineDash([]);
    },
    dot(x, y, color, radius = 4) {
      stain();
      g.beginPath();
      g.arc(...at(x, y), radius * r, 0, 7);
      g.fillStyle = color;
      g.fill();
      g.strokeStyle = DARK;
      g.lineWidth = 1.5 * r;
      g.stroke();
    },
    cross(x, y) {
      stain();
      const [sx, sy] = at(x, y);
      g.strokeStyle = GUIDE;
      g.lineWidth = r;
      g.beginPath();
      g.moveTo(0, sy);
      g.lineTo(g.canvas.width, sy);
      g.moveTo(sx, 0);
      g.lineTo(sx, g.canvas.height);
      g.stroke();
    },
    text(x, y, words) {
      stain();
      const [sx, sy] = at(x, y);
      g.font = `${11 * r}px system-ui, sans-serif`;
      g.textBaseline = "top";
      const width = g.measureText(words).width + 8 * r;
      g.fillStyle = "rgba(0,0,0,0.78)";
      g.fillRect(sx + 10 * r, sy + 10 * r, width, 16 * r);
      g.fillStyle = "#fff";
      g.fillText(words, sx + 14 * r, sy + 13 * r);
    },
  };
}
