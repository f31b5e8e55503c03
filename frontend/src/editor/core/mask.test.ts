import { describe, expect, it } from "vitest";
import { random } from "../dev/scene";
import { MaskBuffer } from "./mask";
import { boundsOfRuns, decodeCounts } from "./rle";

const size = { width: 60, height: 40 };
const set = (mask: MaskBuffer) => mask.bits.reduce((n, b) => n + b, 0);

describe("a mask under the brush", () => {
  it("holds the pixels whose middles the stroke covers", () => {
    const r = random(3);
    for (let n = 0; n < 40; n++) {
      const mask = new MaskBuffer(size),
        [ax, ay, bx, by, radius] = [r() * 60, r() * 40, r() * 60, r() * 40, 0.6 + r() * 9];
      mask.stroke(ax, ay, bx, by, radius, 1);
      const dx = bx - ax,
        dy = by - ay;
      for (let y = 0; y < 40; y++)
        for (let x = 0; x < 60; x++) {
          const [px, py] = [x + 0.5, y + 0.5],
            u = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1))),
            d = Math.hypot(px - ax - u * dx, py - ay - u * dy);
          if (Math.abs(d - radius) > 1e-6) expect(mask.at(x, y), `${x},${y} at ${d} of ${radius}`).toBe(d < radius);
        }
    }
  });

  it("is written as what it was read from, and the eraser makes holes", () => {
    const mask = new MaskBuffer(size),
      again = new MaskBuffer(size);
    mask.stroke(20, 20, 20, 20, 12, 1);
    mask.stroke(20, 20, 20, 20, 4, 0);
    expect(mask.at(20, 20)).toBe(false);
    const geometry = mask.geometry();
    if (!geometry) throw new Error("nothing painted");
    expect(geometry.size).toEqual([40, 60]);
    again.stroke(50, 30, 55, 35, 3, 1);
    again.load(geometry);
    expect(again.bits).toEqual(mask.bits);
    expect(again.geometry()).toEqual(geometry);
    expect(boundsOfRuns(decodeCounts(geometry.counts), 40)).toEqual({ minX: 8, minY: 8, maxX: 32, maxY: 32 });
  });

  it("tells of the touched box only, and of nothing when all is erased", () => {
    const mask = new MaskBuffer(size);
    mask.stroke(10, 10, 10, 10, 3, 1);
    mask.takeDirty();
    mask.stroke(40, 20, 42, 20, 2, 1);
    expect(mask.takeDirty()).toEqual({ minX: 38, minY: 18, maxX: 44, maxY: 22 });
    expect(mask.takeDirty()).toBeNull();
    mask.stroke(0, 20, 60, 20, 40, 0);
    expect([mask.geometry(), set(mask)]).toEqual([null, 0]);
  });

  it("is cut off at the edge of the image", () => {
    const mask = new MaskBuffer(size);
    mask.stroke(-3, -3, 70, -3, 6, 1);
    expect(mask.box).toEqual({ minX: 0, minY: 0, maxX: 60, maxY: 3 });
  });
});
