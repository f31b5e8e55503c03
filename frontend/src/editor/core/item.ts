/** A label compiled for drawing and hitting: flat outlines, bounds, area. Made once per change of the label, never altered. */
import { type Box, boundsOf, insideRings, nearestEdge, signedArea } from "./geometry";
import { pathOf } from "./kinds";
import { bones } from "./kinds/open";
import { bitsOfRuns, boundsOfRuns, decodeCounts } from "./rle";
import type { DrawnLabel, Template } from "./types";

export interface MaskRuns {
  readonly runs: readonly number[];
  readonly height: number;
  readonly box: Box;
}

export interface Item extends Box {
  readonly id: string;
  readonly label: DrawnLabel;
  readonly rings: readonly Float64Array[];
  readonly lines: readonly Float64Array[];
  readonly dots: Float64Array;
  readonly mask: MaskRuns | null;
  readonly area: number;
}

const EMPTY_BOX: Box = { minX: 0, minY: 0, maxX: 0, maxY: 0 };

export function compile(label: DrawnLabel, template: Template | null = null): Item {
  if (label.shape === "bitmask") {
    const runs = decodeCounts(label.geometry.counts),
      height = label.geometry.size[0],
      box = boundsOfRuns(runs, height) ?? EMPTY_BOX;
    let area = 0;
    for (let i = 1; i < runs.length; i += 2) area += runs[i] as number;
    return {
      id: label.id,
      label,
      rings: [],
      lines: [],
      dots: new Float64Array(0),
      mask: { runs, height, box },
      area,
      ...box,
    };
  }
  const { rings, lines: drawn, dots } = pathOf(label);
  const lines = label.shape === "skeleton" && template ? bones(label.geometry.points, template) : drawn;
  const box = boundsOf(rings.length && !lines.length && !dots.length ? rings : [...rings, ...lines, dots]);
  let area = 0;
  for (const ring of rings) area += signedArea(ring);
  return { id: label.id, label, rings, lines, dots, mask: null, area: Math.abs(area), ...box };
}

const pixels = new WeakMap<MaskRuns, Uint8Array>();

/** The mask's bytes, row by row inside its box; decoded when first asked for. */
export function bitsOf(mask: MaskRuns): Uint8Array {
  let bits = pixels.get(mask);
  if (!bits) {
    bits = bitsOfRuns(mask.runs, mask.height, mask.box);
    pixels.set(mask, bits);
  }
  return bits;
}

export function contains(item: Item, x: number, y: number): boolean {
  if (x < item.minX || y < item.minY || x > item.maxX || y > item.maxY) return false;
  if (!item.mask) return insideRings(item.rings, x, y);
  const { box } = item.mask,
    w = box.maxX - box.minX,
    px = Math.floor(x) - box.minX,
    py = Math.floor(y) - box.minY;
  return px >= 0 && py >= 0 && px < w && bitsOf(item.mask)[py * w + px] === 1;
}

/** Distance from a point to what is drawn as a stroke or a dot. */
export function strokeDistance(item: Item, x: number, y: number): number {
  let best = Infinity;
  for (const ring of item.rings) best = Math.min(best, nearestEdge(ring, x, y, true).distance);
  return Math.min(best, thinDistance(item, x, y));
}

/** The same for parts without an inside only: these win over any surface below them. */
export function thinDistance(item: Item, x: number, y: number): number {
  let best = Infinity;
  for (const line of item.lines) best = Math.min(best, nearestEdge(line, x, y, false).distance);
  for (let i = 0; i < item.dots.length; i += 2)
    best = Math.min(best, Math.hypot((item.dots[i] as number) - x, (item.dots[i + 1] as number) - y));
  return best;
}
