import { describe, expect, it } from "vitest";
import { flat, isSimple, signedArea } from "./geometry";
import { hull, simplified, sound, turnedBox, unknotted } from "./outline";
import type { Pt } from "./types";

it("a path keeps its ends and what bends", () => {
  const path: Pt[] = [
    [0, 0],
    [1, 0.1],
    [2, 0],
    [3, 0.2],
    [4, 4],
    [4, 9],
  ];
  expect(simplified(path, 0.5)).toEqual([
    [0, 0],
    [3, 0.2],
    [4, 4],
    [4, 9],
  ]);
});

describe("outlines that the server would refuse", () => {
  const square: Pt[] = [
      [0, 0],
      [20, 0],
      [20, 20],
      [0, 20],
    ],
    bow: Pt[] = [
      [0, 0],
      [9, 9],
      [9, 0],
      [0, 9],
    ];

  it("parts and holes that cross themselves are left out", () => {
    expect(sound([[square, bow], [bow]])).toEqual({ polygons: [[square]] });
    expect(sound([[bow]])).toBeNull();
  });

  it("small knots and spurs where snapped ways meet are cut off", () => {
    const spur: Pt[] = [
      [0, 0],
      [20, 0],
      [23, 0],
      [20, 0],
      [20, 20],
      [0, 20],
    ];
    const knot: Pt[] = [
      [0, 0],
      [20, 0],
      [20, 12],
      [21, 10],
      [19, 10],
      [20, 20],
      [0, 20],
    ];
    for (const ring of [spur, knot]) {
      const mended = unknotted(ring);
      expect(isSimple(ring)).toBe(false);
      expect(isSimple(mended)).toBe(true);
      expect(Math.abs(signedArea(flat(mended)))).toBeGreaterThan(380);
    }
  });

  it("what crosses itself in earnest comes back as it was", () => {
    expect(unknotted(bow)).toBe(bow);
  });
});

describe("the turned box", () => {
  it("is the least that holds all points, turned as little as can be", () => {
    const a = (20 * Math.PI) / 180,
      corners = (
        [
          [-30, -10],
          [30, -10],
          [30, 10],
          [-30, 10],
        ] as Pt[]
      ).map(([x, y]): Pt => [50 + x * Math.cos(a) - y * Math.sin(a), 40 + x * Math.sin(a) + y * Math.cos(a)]);
    expect(turnedBox([...corners, [50, 40]])).toEqual({ cx: 50, cy: 40, width: 60, height: 20, angle: 20 });
    expect(
      turnedBox([
        [0, 0],
        [5, 5],
        [9, 9],
      ]),
    ).toBeNull();
  });

  it("needs the hull only", () => {
    expect(
      hull([
        [0, 0],
        [4, 0],
        [4, 4],
        [0, 4],
        [2, 2],
        [1, 3],
      ]),
    ).toHaveLength(4);
  });
});
