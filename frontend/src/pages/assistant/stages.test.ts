import { describe, expect, it } from "vitest";
import type { Graph, GraphStage } from "../../api/types";
import { modelStages } from "./stages";

const stage = (id: string, type: GraphStage["type"], config: GraphStage["config"] = {}): GraphStage => ({
  id,
  type,
  title: id,
  config,
});
const graph = (...stages: GraphStage[]): Graph => ({ stages, pathways: [], start: "a" });

describe("modelStages", () => {
  it("finds pre-labels and agents, in the workflow's order", () => {
    const found = modelStages(
      graph(stage("a", "annotate", { prelabel: "cells" }), stage("b", "review"), stage("c", "agent", { model: "x" })),
    );
    expect(found.map(({ id, model }) => [id, model])).toEqual([
      ["a", "cells"],
      ["c", "x"],
    ]);
  });
  it("passes over stages without a model, and agents that are programs of somebody else's", () => {
    expect(modelStages(graph(stage("a", "annotate", { prelabel: " " }), stage("c", "agent", { retries: 2 })))).toEqual(
      [],
    );
  });
});
