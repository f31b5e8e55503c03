import { describe, expect, it } from "vitest";
import { type DraftClass, newAttribute, newClass, problemsByKey } from "./draft";
import { answerOf, newStep, questionsOf, stepsBody, targetsOf } from "./steps";

const named = (name: string, more: Partial<DraftClass> = {}): DraftClass => ({
  ...newClass([]),
  key: name,
  name,
  ...more,
});
const kind = { ...newAttribute(), key: "kind", name: "kind" };
const options = ["young", "old"].map((value) => ({ key: value, value, attributes: [] }));
const cell = named("cell", { id: "c1", attributes: [{ ...kind, options }] });
const draft = {
  name: "",
  classifications: [],
  objects: [cell, named("young cell"), named("area", { shape: "polygon" })],
};

describe("steps", () => {
  it("become the members of the change, by ids where there are any", () => {
    const steps = [
      { ...newStep("merge"), of: "young cell", into: "cell" },
      { ...newStep("split"), of: "cell", attribute: "kind", targets: { young: "young cell" } },
      { ...newStep("fill"), of: "cell", attribute: "kind", value: "old" },
    ];
    expect(stepsBody({ ...draft, steps })).toEqual({
      merge: [{ from: "young cell", into: "c1" }],
      split: [{ class: "c1", attribute: "kind", into: { young: "young cell" } }],
      fill: [{ class: "c1", attribute: "kind", value: "old" }],
    });
    expect(stepsBody({ ...draft, steps: [] })).toEqual({});
  });

  it("offer what can be meant", () => {
    expect(targetsOf(draft, "cell").map(({ key }) => key)).toEqual(["young cell"]);
    const step = { ...newStep("split"), of: "cell" };
    expect(questionsOf(draft, step).map(({ key }) => key)).toEqual(["kind"]);
  });

  it("answer in the type of the question", () => {
    expect(answerOf({ ...kind, type: "number" }, "2.5")).toBe(2.5);
    expect(answerOf({ ...kind, type: "boolean" }, "true")).toBe(true);
    expect(answerOf({ ...kind, type: "checklist" }, "old")).toEqual(["old"]);
    expect(answerOf(kind, "old")).toBe("old");
  });

  it("are told what is wrong with them", () => {
    const steps = [newStep("fill"), newStep("merge"), newStep("merge")];
    const found = problemsByKey({ ...draft, steps }, [{ path: "merge.1.into", detail: "no" }]);
    expect([...found]).toEqual([[steps[2]?.key, "no"]]);
  });
});
