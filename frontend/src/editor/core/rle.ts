/**
 * COCO run lengths: counts of 0, 1, 0, … pixels, column by column; the compressed text is pycocotools' (six-bit characters from "0",
 * differences to the run before last). Everything here works on the box of what is set, never on the whole image.
 */
import type { Box } from "./geometry";

export function decodeCounts(text: string): number[] {
  const counts: number[] = [];
  for (let p = 0; p < text.length; ) {
    let value = 0,
      shift = 0,
      more = true;
    while (more) {
      const c = text.charCodeAt(p++) - 48;
      if (!(c >= 0 && c < 64)) throw new RangeError("not a run length text");
      value |= (c & 0x1f) << shift;
      shift += 5;
      more = (c & 0x20) !== 0;
      if (!more && c & 0x10 && shift < 32) value |= -1 << shift;
    }
    if (counts.length > 2) value += counts[counts.length - 2] as number;
    if (value < 0) throw new RangeError("not a run length text");
    counts.push(value);
  }
  return counts;
}

export function encodeCounts(counts: readonly number[]): string {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    let value = counts[i] as number,
      more = true;
    if (i > 2) value -= counts[i - 2] as number;
    while (more) {
      let c = value & 0x1f;
      value >>= 5;
      more = c & 0x10 ? value !== -1 : value !== 0;
      if (more) c |= 0x20;
      text += String.fromCharCode(c + 48);
    }
  }
  return text;
}

/** Pixel box of what is set: min inclusive, max exclusive; null when nothing is. */
export function boundsOfRuns(counts: readonly number[], height: number): Box | null {
  const b = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (let i = 0, at = 0; i < counts.length; at += counts[i++] as number) {
    const n = counts[i] as number;
    if (!(i & 1) || !n) continue;
    const first = Math.floor(at / height),
      last = Math.floor((at + n - 1) / height);
    b.minX = Math.min(b.minX, first);
    b.maxX = Math.max(b.maxX, last + 1);
    b.minY = first === last ? Math.min(b.minY, at % height) : 0;
    b.maxY = first === last ? Math.max(b.maxY, ((at + n - 1) % height) + 1) : height;
  }
  return b.minX === Infinity ? null : b;
}

/** A byte per pixel of the box, row by row. */
export function bitsOfRuns(counts: readonly number[], height: number, box: Box): Uint8Array {
  const w = box.maxX - box.minX,
    h = box.maxY - box.minY,
    bits = new Uint8Array(w * h);
  for (const [x, from, to] of spans(counts, height)) {
    const column = x - box.minX;
    if (column < 0 || column >= w) continue;
    const end = Math.min(to, box.maxY) - box.minY;
    for (let y = Math.max(from, box.minY) - box.minY, o = y * w + column; y < end; y++, o += w) bits[o] = 1;
  }
  return bits;
}

/** What is set, column by column: [x, first row, row after the last]. */
export function* spans(counts: readonly number[], height: number): Generator<readonly [number, number, number]> {
  for (let i = 0, at = 0; i < counts.length; at += counts[i++] as number) {
    if (!(i & 1)) continue;
    for (let from = at, end = at + (counts[i] as number); from < end; ) {
      const x = Math.floor(from / height),
        to = Math.min(end, (x + 1) * height);
      yield [x, from - x * height, to - x * height];
      from = to;
    }
  }
}

/**
 * Run lengths of a whole image of which only the box holds anything. The bytes are the box's own, or lie in a larger field: then `stride`
 * is its width and `start` the place of the box's first byte in it.
 */
export function runsOfBits(
  bits: Uint8Array,
  box: Box,
  width: number,
  height: number,
  stride = box.maxX - box.minX,
  start = 0,
): number[] {
  const w = box.maxX - box.minX,
    counts: number[] = [];
  let run = box.minX * height,
    last = 0;
  const push = (value: number, n: number) => {
    if (!n) return;
    if (value !== last) {
      counts.push(run);
      run = 0;
      last = value;
    }
    run += n;
  };
  for (let x = 0; x < w; x++) {
    push(0, box.minY);
    for (let y = box.minY, o = start + x; y < box.maxY; y++, o += stride) {
      const value = bits[o] as number;
      if (value !== last) {
        counts.push(run);
        run = 0;
        last = value;
      }
      run++;
    }
    push(0, height - box.maxY);
  }
  push(0, (width - box.maxX) * height);
  counts.push(run);
  return counts;
}
