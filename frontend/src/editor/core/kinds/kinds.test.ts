import { describe, expect, it } from "vitest";
import { box as boxLabel } from "../../dev/fixtures";
import { smallLabels } from "../../dev/scene";
import { compile } from "../item";
import type { DrawnLabel } from "../types";
import { dragged, faultOf, grown, handlesOf, isEditable, moved, shrunk } from ".";
import { rotated } from "./rotated";

const labels = smallLabels(800, 600) as DrawnLabel[];

describe("every kind", () => {
  it.each(labels.filter((l) => isEditable(l.shape)).map((l) => [l.shape, l] as const))(
    "%s moves as a whole, handles and bounds with it",
    (_, label) => {
      const before = compile(label),
        next = moved(label, 3, -2),
        after = compile(next);
      expect([after.minX - before.minX, after.minY - before.minY]).toEqual([
        expect.closeTo(3, 1),
        expect.closeTo(-2, 1),
      ]);
      expect(handlesOf(next)[0]?.x).toBeCloseTo((handlesOf(label)[0]?.x ?? 0) + 3, 1);
      expect(label).toEqual(labels.find((l) => l.id === label.id));
    },
  );

  it.each(labels.filter((l) => isEditable(l.shape)).map((l) => [l.shape, l] as const))(
    "%s: a handle put where it is changes nothing that one sees",
    (_, label) => {
      for (const h of handlesOf(label)) {
        const a = compile(label),
          b = compile(dragged(label, h, h.x, h.y, false));
        for (const side of ["minX", "minY", "maxX", "maxY"] as const) expect(b[side]).toBeCloseTo(a[side], 1);
      }
    },
  );
});

describe("boxes", () => {
  it("turn over when a corner crosses the opposite one", () => {
    const label = boxLabel("a", 10, 10, 20, 20) as DrawnLabel,
      corner = handlesOf(label)[0];
    expect(corner && dragged(label, corner, 50, 40, false).geometry).toEqual({ x: 30, y: 30, width: 20, height: 10 });
  });

  it("keep their proportions when asked", () => {
    const label = boxLabel("a", 0, 0, 40, 20) as DrawnLabel,
      corner = handlesOf(label)[2];
    expect(corner && dragged(label, corner, 80, 10, true).geometry).toEqual({ x: 0, y: 0, width: 80, height: 40 });
  });

  it("are nothing without a side", () => {
    expect(faultOf(boxLabel("a", 0, 0, 0, 5) as DrawnLabel)).toBe("tiny");
  });
});

it("a turned box keeps its opposite corner while it is sized, and turns clockwise", () => {
  const g = { cx: 50, cy: 50, width: 40, height: 20, angle: 30 },
    handles = rotated.handles(g),
    [first, , third] = handles;
  if (!first || !third) throw new Error("no corners");
  const next = rotated.dragged(g, first, first.x - 7, first.y - 4, false),
    fixed = rotated.handles(next)[2];
  expect([fixed?.x, fixed?.y]).toEqual([expect.closeTo(third.x, 1), expect.closeTo(third.y, 1)]);
  const turn = handles.at(-1);
  expect(turn && rotated.dragged(g, turn, 90, 50, false).angle).toBe(90);
});

describe("polygons", () => {
  const label = labels.find((l) => l.shape === "polygon") as DrawnLabel;
  const rings = (l: DrawnLabel | null) =>
    l?.shape === "polygon" ? l.geometry.polygons.map((p) => p.map((r) => r.length)) : null;

  it("grow a vertex on the nearest edge only within reach", () => {
    expect(rings(grown(label, 320, 86, 5))).toEqual([[5, 4], [3]]);
    expect(grown(label, 500, 500, 5)).toBeNull();
  });

  it("lose vertices, then holes, then parts, but never the last part", () => {
    const hole = handlesOf(label).find((h) => h.ring === 1),
      part = handlesOf(label).find((h) => h.part === 1);
    let next = label;
    for (let i = 0; i < 2; i++) next = (hole && shrunk(next, hole)) ?? next;
    expect(rings(next)).toEqual([[4], [3]]);
    next = (part && shrunk(next, part)) ?? next;
    expect(rings(next)).toEqual([[4]]);
    const [corner] = handlesOf(next);
    if (!corner) throw new Error("no corner");
    next = shrunk(next, corner) ?? next;
    expect(rings(next)).toEqual([[3]]);
    expect(shrunk(next, corner)).toBeNull();
  });
});
