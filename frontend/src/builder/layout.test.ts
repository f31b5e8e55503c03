import { describe, expect, it } from "vitest";
import type { Graph } from "../api/types";
import { layOut, smoothPath } from "./layout";

const stage = (id: string) => ({ id, type: "annotate" as const, title: id, config: {} });
const graph: Graph = {
  stages: ["a", "b", "c"].map(stage),
  pathways: [
    { from: "a", outcome: "submitted", to: "b" },
    { from: "b", outcome: "approved", to: "c" },
    { from: "b", outcome: "rejected", to: "a" },
    { from: "b", outcome: "escalated", to: "nowhere" },
  ],
  start: "a",
};

describe("layOut", () => {
  it("puts stages along the stream", () => {
    const { stages } = layOut(graph, "LR");
    const x = ["a", "b", "c"].map((id) => stages.get(id)?.x ?? Number.NaN);
    expect(x[0]).toBeLessThan(x[1] ?? 0);
    expect(x[1]).toBeLessThan(x[2] ?? 0);
  });

  it("turns for narrow screens", () => {
    const { stages } = layOut(graph, "TB");
    expect(stages.get("a")?.y).toBeLessThan(stages.get("b")?.y ?? 0);
  });

  it("gives every pathway between known stages its points and a place for its word", () => {
    const { pathways } = layOut(graph, "LR");
    expect(pathways.map(({ pathway }) => pathway.outcome)).toEqual(["submitted", "approved", "rejected"]);
    for (const { points, label } of pathways) {
      expect(points.length).toBeGreaterThan(1);
      expect(Number.isFinite(label.x) && Number.isFinite(label.y)).toBe(true);
    }
  });
});

describe("smoothPath", () => {
  it("begins and ends where the points do", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 20, y: 10 },
      { x: 30, y: 10 },
    ];
    expect(smoothPath(points)).toBe("M0,0 Q10,0 15,5 Q20,10 30,10");
    expect(smoothPath(points.slice(0, 2))).toBe("M0,0 L10,0");
    expect(smoothPath([])).toBe("");
  });
});
