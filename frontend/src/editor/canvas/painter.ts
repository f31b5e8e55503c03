/**
 * Draws many items into a raster. Shapes get the detail their size on screen deserves and are gathered by look into few paths:
 * state changes are few, and paths stay small enough to raster fast.
 */
import { bitsOf, type Item, type MaskRuns } from "../core/item";
import type { View } from "../core/view";

export type Mark = "none" | "approved" | "rejected" | "past";
/** How an item looks; `mark` says the verdict by dash and letter too, never by colour alone. */
export interface Look {
  readonly color: string;
  readonly mark: Mark;
}

export interface PaintOptions {
  readonly look: (item: Item) => Look;
  /** Opacity of surfaces. */
  readonly fill: number;
  readonly ratio: number;
  /** The name to write above an item, when names are shown. */
  readonly name: ((item: Item) => string) | null;
  readonly ghosts: readonly Item[];
}

const DOT_PX = 2.5;
const PX_PER_VERTEX = 3;
const BATCH = 64;
/** Halos double the strokes; above this number shapes are small and the cost is felt. */
const HALO_LIMIT = 1500;
export const HALO = "rgba(0,0,0,0.6)";
export const POINT_RADIUS = 4;
const BADGE_PX = 22;
const LETTER: Record<Mark, string> = { none: "", approved: "✓", rejected: "✗", past: "!" };

/** Adds the rings to the path, with as many vertices as their size deserves; `every` takes all. */
export function traceRings(g: CanvasPath, item: Item, { x, y, k }: View, every = false): void {
  const w = (item.maxX - item.minX) * k;
  const h = (item.maxY - item.minY) * k;
  if (!every && w < DOT_PX && h < DOT_PX && item.rings.length) {
    g.rect(item.minX * k + x, item.minY * k + y, Math.max(1, w), Math.max(1, h));
    return;
  }
  for (const p of item.rings) follow(g, p, x, y, k, every ? 1 : strideOf(p, w, h), true);
}

/** The same for open lines: they are added after filling, because they hold no surface. */
export function traceLines(g: CanvasPath, item: Item, { x, y, k }: View, every = false): void {
  if (!item.lines.length) return;
  const w = (item.maxX - item.minX) * k;
  const h = (item.maxY - item.minY) * k;
  for (const p of item.lines) follow(g, p, x, y, k, every ? 1 : strideOf(p, w, h), false);
}

function strideOf(p: Float64Array, w: number, h: number): number {
  const n = p.length / 2;
  return Math.max(1, Math.min(Math.floor((n * PX_PER_VERTEX) / (2 * (w + h))), Math.floor(n / 6)));
}

function follow(
  g: CanvasPath,
  p: Float64Array,
  x: number,
  y: number,
  k: number,
  stride: number,
  closed: boolean,
): void {
  g.moveTo((p[0] as number) * k + x, (p[1] as number) * k + y);
  const end = closed ? p.length : p.length - 2;
  for (let i = 2 * stride; i < end; i += 2 * stride) g.lineTo((p[i] as number) * k + x, (p[i + 1] as number) * k + y);
  if (closed) g.closePath();
  else if (p.length > 2) g.lineTo((p[p.length - 2] as number) * k + x, (p[p.length - 1] as number) * k + y);
}

export function spots(g: CanvasPath, item: Item, { x, y, k }: View, radius: number): void {
  for (let i = 0; i < item.dots.length; i += 2) {
    const cx = (item.dots[i] as number) * k + x,
      cy = (item.dots[i + 1] as number) * k + y;
    g.moveTo(cx + radius, cy);
    g.arc(cx, cy, radius, 0, 7);
  }
}

export function paint(g: CanvasRenderingContext2D, found: readonly Item[], view: View, options: PaintOptions): void {
  const { ratio } = options,
    groups = new Map<string, { look: Look; items: Item[] }>();
  for (const item of found) {
    const look = options.look(item),
      key = look.color + look.mark,
      group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { look, items: [item] });
  }
  paintGhosts(g, options.ghosts, view, ratio);
  g.lineJoin = "bevel";
  const halo = found.length <= HALO_LIMIT;
  for (const { look, items } of groups.values()) {
    g.fillStyle = look.color;
    for (let i = 0; i < items.length; i += BATCH) paintBatch(g, items.slice(i, i + BATCH), look, view, options, halo);
  }
  for (const { look, items } of groups.values()) badges(g, items, look, view, options);
}

function paintBatch(
  g: CanvasRenderingContext2D,
  items: readonly Item[],
  look: Look,
  view: View,
  { fill, ratio }: PaintOptions,
  halo: boolean,
): void {
  let dotted = false;
  g.beginPath();
  for (const item of items) {
    if (item.mask) paintMask(g, item.mask, look.color, view, fill);
    else traceRings(g, item, view);
    dotted ||= item.dots.length > 0;
  }
  if (fill > 0) {
    g.globalAlpha = fill;
    g.fill();
    g.globalAlpha = 1;
  }
  for (const item of items) traceLines(g, item, view);
  if (halo) {
    g.setLineDash([]);
    g.strokeStyle = HALO;
    g.lineWidth = 3.25 * ratio;
    g.stroke();
  }
  g.setLineDash(look.mark === "rejected" || look.mark === "past" ? [6 * ratio, 4 * ratio] : []);
  g.strokeStyle = look.color;
  g.lineWidth = (halo ? 1.75 : 1.25) * ratio;
  g.stroke();
  g.setLineDash([]);
  if (!dotted) return;
  g.beginPath();
  for (const item of items) spots(g, item, view, POINT_RADIUS * ratio);
  g.fill();
  g.strokeStyle = HALO;
  g.lineWidth = ratio;
  g.stroke();
}

const tinted = new WeakMap<MaskRuns, { color: string; canvas: OffscreenCanvas }>();

function paintMask(g: CanvasRenderingContext2D, mask: MaskRuns, color: string, { x, y, k }: View, fill: number): void {
  const { box } = mask,
    w = box.maxX - box.minX,
    h = box.maxY - box.minY;
  if (w <= 0 || h <= 0) return;
  let kept = tinted.get(mask);
  if (!kept || kept.color !== color) {
    const canvas = new OffscreenCanvas(w, h),
      ink = canvas.getContext("2d");
    if (!ink) return;
    const image = new ImageData(w, h),
      px = new Uint32Array(image.data.buffer),
      bits = bitsOf(mask);
    for (let i = 0; i < bits.length; i++) if (bits[i]) px[i] = 0xff000000;
    ink.putImageData(image, 0, 0);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = color;
    ink.fillRect(0, 0, w, h);
    kept = { color, canvas };
    tinted.set(mask, kept);
  }
  // A mask has no outline to fall back on, so it never fades out altogether.
  g.globalAlpha = Math.max(0.3, Math.min(0.8, fill * 1.6));
  g.imageSmoothingEnabled = k < 4;
  g.drawImage(kept.canvas, box.minX * k + x, box.minY * k + y, w * k, h * k);
  g.globalAlpha = 1;
}

function paintGhosts(g: CanvasRenderingContext2D, ghosts: readonly Item[], view: View, ratio: number): void {
  if (!ghosts.length) return;
  g.beginPath();
  for (const ghost of ghosts) {
    traceRings(g, ghost, view);
    traceLines(g, ghost, view);
    spots(g, ghost, view, POINT_RADIUS * ratio);
  }
  g.setLineDash([]);
  g.strokeStyle = HALO;
  g.lineWidth = 3 * ratio;
  g.stroke();
  g.setLineDash([4 * ratio, 4 * ratio]);
  g.strokeStyle = "#fff";
  g.lineWidth = 1.5 * ratio;
  g.stroke();
  g.setLineDash([]);
}

function badges(
  g: CanvasRenderingContext2D,
  items: readonly Item[],
  look: Look,
  view: View,
  { ratio, name }: PaintOptions,
): void {
  const letter = LETTER[look.mark];
  if (!letter && !name) return;
  g.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  g.textBaseline = "middle";
  for (const item of items) {
    const thin = !item.rings.length && !item.mask,
      size = Math.max(item.maxX - item.minX, item.maxY - item.minY) * view.k;
    if (!thin && size < BADGE_PX * ratio) continue;
    const words = [letter, name?.(item)].filter(Boolean).join(" ");
    const x = item.minX * view.k + view.x + (thin ? 6 * ratio : 0),
      y = item.minY * view.k + view.y;
    const width = g.measureText(words).width + 6 * ratio,
      height = 14 * ratio;
    g.fillStyle = "rgba(0,0,0,0.78)";
    g.fillRect(x, y, width, height);
    g.fillStyle = "#fff";
    g.fillText(words, x + 3 * ratio, y + height / 2);
  }
}

/** How far beyond its bounds an item may leave paint, in device pixels. */
export function bleed(ratio: number, named: boolean): number {
  return (named ? 160 : 24) * ratio;
}
