import { describe, expect, it } from "vitest";
import type { Graph } from "../../api/types";
import { formatGraph, parseGraph, removedStages } from "./graphText";

const graph: Graph = {
  stages: [
    { id: "annotate", type: "annotate", title: "Annotate", config: {} },
    { id: "done", type: "complete", title: "Done", config: {} },
  ],
  pathways: [{ from: "annotate", outcome: "submitted", to: "done" }],
  start: "annotate",
};

describe("parseGraph", () => {
  it("reads what it writes", () => {
    expect(parseGraph(formatGraph(graph)).graph).toEqual(graph);
  });

  it("says what is wrong with text that is no graph", () => {
    expect(parseGraph("{").error).toBeTruthy();
    expect(parseGraph("[]").error).toBe("stages, pathways");
    expect(parseGraph('{"stages": [{}], "pathways": []}').error).toBe("stages");
    expect(parseGraph('{"stages": [], "pathways": [1]}').error).toBe("pathways");
  });
});

describe("removedStages", () => {
  it("names what is gone", () => {
    const after = { ...graph, stages: graph.stages.slice(1) };
    expect(removedStages(graph, after)).toEqual(["annotate"]);
    expect(removedStages(graph, graph)).toEqual([]);
  });
});
