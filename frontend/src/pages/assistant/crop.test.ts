import { describe, expect, it } from "vitest";
import { encodeCounts, runsOfBits } from "../../editor/core/rle";
import { cropOf, drawnSize, tint } from "./crop";

const image = { width: 20, height: 10 };

describe("cropOf", () => {
  it("takes in what is around the object", () => {
    expect(cropOf([8, 4, 4, 2], image, 1)).toEqual({ minX: 4, minY: 0, maxX: 16, maxY: 10 });
  });
  it("stays within the image", () => {
    expect(cropOf([15, 8, 5, 2], image)).toEqual({ minX: 11, minY: 4, maxX: 20, maxY: 10 });
  });
  it("is never empty, even for a box outside", () => {
    const { minX, minY, maxX, maxY } = cropOf([90, 90, 0, 0], image);
    expect([maxX - minX, maxY - minY]).toEqual([1, 1]);
  });
});

describe("tint", () => {
  // A block of 5 × 5 pixels at (6, 3).
  const box = { minX: 6, minY: 3, maxX: 11, maxY: 8 };
  const mask = {
    size: [10, 20] as [number, number],
    counts: encodeCounts(runsOfBits(new Uint8Array(25).fill(1), box, 20, 10)),
  };
  const crop = { minX: 5, minY: 2, maxX: 12, maxY: 9 };

  it("colours the border fully and the inside lightly, and leaves the rest clear", () => {
    const pixels = tint(mask, crop, [1, 2, 3]);
    const alpha = (x: number, y: number) => pixels?.[(y * 7 + x) * 4 + 3];
    expect([alpha(0, 0), alpha(1, 1), alpha(3, 3)]).toEqual([0, 255, 80]);
    expect([...(pixels?.slice((3 * 7 + 3) * 4, (3 * 7 + 3) * 4 + 3) ?? [])]).toEqual([1, 2, 3]);
  });

  it("draws nothing of a text that is no mask", () => {
    expect(tint({ size: [10, 20], counts: "\n" }, crop, [0, 0, 0])).toBeNull();
  });
});

describe("drawnSize", () => {
  it("fills the longer side and keeps the proportions", () => {
    expect(drawnSize({ minX: 0, minY: 0, maxX: 40, maxY: 20 }, 200)).toEqual({ width: 200, height: 100, scale: 5 });
  });
});
