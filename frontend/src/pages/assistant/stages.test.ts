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
  it("finds pre-labels and built-in agents, in the workflow's order", () => {
    const found = modelStages(
      graph(
        stage("a", "annotate", { prelabel: "cells" }),
        stage("b", "review"),
        stage("c", "agent", { agent: "predict", model: "x" }),
        stage("d", "agent", { agent: "everything", class: "cell" }),
      ),
    );
    expect(found.map(({ id, does, model, named }) => [id, does, model, named])).toEqual([
      ["a", "prelabel", "cells", ""],
      ["c", "predict", "x", ""],
      ["d", "everything", "", "cell"],
    ]);
  });

  it("passes over stages without a model, and agents that are programs of somebody else's", () => {
    const stages = [stage("a", "annotate", { prelabel: " " }), stage("c", "agent", { retries: 2 })];
    expect(modelStages(graph(...stages))).toEqual([]);
  });
});
