import { describe, expect, it } from "vitest";
import type { Graph, GraphStage, QualityPreviewProject } from "../../api/types";
import { factsOf, firstChoice, lanesOf, routersOnScores } from "./routers";

const doubtful = { outcome: "doubtful", when: { fact: "mistakenness", op: ">=", value: 0.5 } };
const router = (config: Record<string, unknown>, title = "Doubtful?"): GraphStage => ({
  id: "doubt",
  type: "router",
  title,
  config,
});
const graph = (...stages: GraphStage[]): Graph => ({
  stages: [...stages, { id: "expert", type: "expert_review", title: "Expert", config: {} }],
  pathways: [{ from: "doubt", outcome: "doubtful", to: "expert" }],
  start: "doubt",
});

describe("factsOf", () => {
  it("finds facts however deep, and none in what is no condition", () => {
    const when = { all: [doubtful.when, { not: { any: [{ fact: "label_count", op: "<", value: 2 }] } }] };
    expect(factsOf(when)).toEqual(["mistakenness", "label_count"]);
    expect(factsOf({ fact: 7 })).toEqual([]);
    expect(factsOf("mistakenness")).toEqual([]);
    expect(factsOf(null)).toEqual([]);
  });
});

describe("routersOnScores", () => {
  it("has those that decide on a computed fact, with what the server is asked", () => {
    const [found, ...more] = routersOnScores(graph(router({ branches: [doubtful], otherwise: "sure" })));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ id: "doubt", title: "Doubtful?", branches: [doubtful], otherwise: "sure" });
    expect(found?.targets.get("doubtful")).toBe("Expert");
  });

  it("goes by the id where there is no title, and does without an otherwise", () => {
    expect(routersOnScores(graph(router({ branches: [doubtful] }, "")))[0]).toMatchObject({
      title: "doubt",
      otherwise: "",
    });
  });

  it("leaves out other routers, and what cannot be read yet", () => {
    const counted = { outcome: "many", when: { fact: "label_count", op: ">=", value: 9 } };
    expect(routersOnScores(graph(router({ branches: [counted], otherwise: "few" })))).toEqual([]);
    expect(routersOnScores(graph(router({ percentages: { a: 50, b: 50 } })))).toEqual([]);
    expect(routersOnScores(graph(router({ branches: [doubtful, { outcome: "half" }] })))).toEqual([]);
    expect(routersOnScores(graph(router({ branches: "mistakenness" })))).toEqual([]);
  });
});

describe("firstChoice", () => {
  const project = (id: string, scored: boolean): QualityPreviewProject => ({ id, name: id, scored, active_at: null });

  it("is this project, else the most recently active one that was scored, else none", () => {
    expect(firstChoice([project("busy", true), project("own", true)], "own")).toBe("own");
    expect(firstChoice([project("new", false), project("busy", true), project("own", false)], "own")).toBe("busy");
    expect(firstChoice([project("own", false)], "own")).toBeUndefined();
    expect(firstChoice([], "own")).toBeUndefined();
  });
});

describe("lanesOf", () => {
  it("keeps the router's order, and puts what waits for a fact last", () => {
    const lanes = lanesOf({
      of: 8,
      outcomes: [
        { outcome: "doubtful", tasks: 2 },
        { outcome: "sure", tasks: 0 },
      ],
      unknown: 6,
      waiting: [{ fact: "hardness", tasks: 6 }],
    });
    expect(lanes.map(({ name, waits, tasks, share }) => [name, waits, tasks, share])).toEqual([
      ["doubtful", false, 2, 0.25],
      ["sure", false, 0, 0],
      ["hardness", true, 6, 0.75],
    ]);
  });

  it("names no lane for what cannot be reached, and divides by nothing", () => {
    const outcomes = [
      { outcome: "doubtful", tasks: 0 },
      { outcome: "", tasks: 0 },
    ];
    expect(lanesOf({ of: 0, outcomes, unknown: 0, waiting: [] })).toEqual([
      { key: "to doubtful", name: "doubtful", waits: false, tasks: 0, share: 0 },
    ]);
  });
});
