import { describe, expect, it } from "vitest";
import { clampedDelta, flat, insideRings, isSimple, nearestEdge, oriented, signedArea } from "./geometry";
import type { Pt } from "./types";

const square: Pt[] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
];

describe("rings", () => {
  it("know their area and orientation", () => {
    expect(signedArea(flat(square))).toBe(100);
    expect(signedArea(oriented(flat(square), false))).toBe(-100);
    expect([...oriented(flat(square), false)]).toEqual([0, 10, 10, 10, 10, 0, 0, 0]);
  });

  it("hold points, except in holes", () => {
    const hole = flat([
      [3, 3],
      [6, 3],
      [6, 6],
      [3, 6],
    ]);
    expect(insideRings([flat(square), hole], 1, 1)).toBe(true);
    expect(insideRings([flat(square), hole], 4, 4)).toBe(false);
    expect(insideRings([flat(square)], 11, 5)).toBe(false);
  });

  it("are simple only when they never touch themselves", () => {
    expect(isSimple(square)).toBe(true);
    expect(
      isSimple([
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ]),
    ).toBe(false);
    expect(
      isSimple([
        [0, 0],
        [10, 0],
        [5, 0],
      ]),
    ).toBe(false);
    expect(
      isSimple([
        [0, 0],
        [10, 0],
        [10, 0],
        [0, 10],
      ]),
    ).toBe(false);
    expect(
      isSimple([
        [0, 0],
        [10, 0],
      ]),
    ).toBe(false);
    expect(
      isSimple([
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 0],
        [0, 10],
      ]),
    ).toBe(false);
  });

  it("find the nearest edge, the closing one too", () => {
    expect(nearestEdge(flat(square), 5, -1, true)).toEqual({ distance: 1, index: 0 });
    expect(nearestEdge(flat(square), -2, 5, true)).toEqual({ distance: 2, index: 3 });
    expect(nearestEdge(flat(square), -2, 5, false).index).not.toBe(3);
  });
});

it("a move stops at the edge of the image", () => {
  const b = { minX: 10, minY: 10, maxX: 30, maxY: 30 };
  expect(clampedDelta(b, -50, 5, 100, 100)).toEqual([-10, 5]);
  expect(clampedDelta(b, 500, 500, 100, 100)).toEqual([70, 70]);
  expect(clampedDelta({ minX: -5, minY: 0, maxX: 200, maxY: 10 }, 7, 7, 100, 100)).toEqual([0, 7]);
});
