/** A mask under the brush: a byte per pixel of the image, of which only the touched box is ever read, written out or drawn again. */
import { type Box, clamp, union } from "./geometry";
import { boundsOfRuns, decodeCounts, encodeCounts, runsOfBits, spans } from "./rle";
import type { BitmaskGeometry } from "./types";
import type { Size } from "./view";

export class MaskBuffer {
  readonly bits: Uint8Array;
  /** Holds everything that is set, and perhaps more. */
  box: Box | null = null;
  private dirty: Box | null = null;

  constructor(readonly size: Size) {
    this.bits = new Uint8Array(size.width * size.height);
  }

  clear(): void {
    if (this.box) this.fill(this.box, 0);
    this.touch(this.box);
    this.box = null;
  }

  load({ counts }: BitmaskGeometry): void {
    this.clear();
    const { width, height } = this.size,
      runs = decodeCounts(counts);
    for (const [x, from, to] of spans(runs, height))
      for (let y = from, o = from * width + x; y < to; y++, o += width) this.bits[o] = 1;
    this.box = boundsOfRuns(runs, height);
    this.touch(this.box);
  }

  /** A round brush drawn from one place to another: row by row, the part of it that the stroke covers. */
  stroke(ax: number, ay: number, bx: number, by: number, radius: number, value: 0 | 1): void {
    const { width, height } = this.size,
      r = Math.max(0.5, radius);
    const top = clamp(Math.floor(Math.min(ay, by) - r), 0, height),
      bottom = clamp(Math.ceil(Math.max(ay, by) + r), 0, height);
    let least = width,
      most = 0;
    for (let y = top; y < bottom; y++) {
      const [from, to] = reach(y + 0.5, ax, ay, bx, by, r);
      const x0 = clamp(Math.ceil(from - 0.5), 0, width),
        x1 = clamp(Math.floor(to - 0.5) + 1, 0, width);
      if (x1 <= x0) continue;
      this.bits.fill(value, y * width + x0, y * width + x1);
      least = Math.min(least, x0);
      most = Math.max(most, x1);
    }
    if (most <= least) return;
    const box = { minX: least, minY: top, maxX: most, maxY: bottom };
    if (value) this.grow(box);
    this.touch(box);
  }

  /** What is set as the contract spells it, or null when nothing is. */
  geometry(): BitmaskGeometry | null {
    const { box } = this,
      { width, height } = this.size;
    if (!box) return null;
    const runs = runsOfBits(this.bits, box, width, height, width, box.minY * width + box.minX);
    return runs.length > 1 ? { size: [height, width], counts: encodeCounts(runs) } : null;
  }

  at(x: number, y: number): boolean {
    const { width, height } = this.size;
    return x >= 0 && y >= 0 && x < width && y < height && this.bits[Math.floor(y) * width + Math.floor(x)] === 1;
  }

  /** The box that changed since it was last asked for: who draws repairs that much. */
  takeDirty(): Box | null {
    const { dirty } = this;
    this.dirty = null;
    return dirty;
  }

  private fill(box: Box, value: 0 | 1): void {
    const { width } = this.size;
    for (let y = box.minY; y < box.maxY; y++) this.bits.fill(value, y * width + box.minX, y * width + box.maxX);
  }
  private grow(box: Box): void {
    this.box = this.box ? union(this.box, box) : box;
  }
  private touch(box: Box | null): void {
    if (box) this.dirty = this.dirty ? union(this.dirty, box) : box;
  }
}

/** Where the row at `y` enters and leaves a stroke: two discs and the band between them. Empty where `from` > `to`. */
function reach(y: number, ax: number, ay: number, bx: number, by: number, r: number): [number, number] {
  let from = Infinity,
    to = -Infinity;
  for (const [cx, cy] of [
    [ax, ay],
    [bx, by],
  ] as const) {
    const h = r * r - (y - cy) ** 2;
    if (h < 0) continue;
    from = Math.min(from, cx - Math.sqrt(h));
    to = Math.max(to, cx + Math.sqrt(h));
  }
  const dx = bx - ax,
    dy = by - ay,
    length = Math.hypot(dx, dy);
  if (!length) return [from, to];
  const nx = (-dy / length) * r,
    ny = (dx / length) * r;
  const corners = [
    [ax + nx, ay + ny],
    [bx + nx, by + ny],
    [bx - nx, by - ny],
    [ax - nx, ay - ny],
  ] as const;
  for (let i = 0; i < 4; i++) {
    const [px, py] = corners[i] as readonly [number, number],
      [qx, qy] = corners[(i + 1) % 4] as readonly [number, number];
    if (py > y === qy > y) continue;
    const x = px + ((y - py) / (qy - py)) * (qx - px);
    from = Math.min(from, x);
    to = Math.max(to, x);
  }
  return [from, to];
}
