import { describe, expect, it } from "vitest";
import type { Graph } from "../api/types";
import { placeStages } from "./layout";

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

describe("placeStages", () => {
  it("puts stages along the stream", () => {
    const places = placeStages(graph, "LR");
    const x = ["a", "b", "c"].map((id) => places.get(id)?.x ?? Number.NaN);
    expect(x[0]).toBeLessThan(x[1] ?? 0);
    expect(x[1]).toBeLessThan(x[2] ?? 0);
  });

  it("turns for narrow screens and takes a pathway to nowhere", () => {
    const places = placeStages(graph, "TB");
    expect(places.size).toBe(3);
    expect(places.get("a")?.y).toBeLessThan(places.get("b")?.y ?? 0);
  });
});
