import { describe, expect, it } from "vitest";
import type { FinetuneRow, ModelVersion } from "../../api/types";
import { choicesOf, DEFAULT, modelOf, standing } from "./choices";

const model = (id: string, more: Partial<ModelVersion> = {}): ModelVersion => ({
  id,
  name: id,
  kind: "segmenter",
  family: "vit_b",
  version: id,
  project: null,
  base: null,
  is_default: false,
  config: {},
  facts: {},
  created_at: `2026-01-0${id.length}T00:00:00Z`,
  ...more,
});
const values = (models: ModelVersion[], chosen: string | null = null) =>
  choicesOf(models, [], "p", chosen).map(({ value }) => value);

describe("choicesOf", () => {
  it("without a model has the classical assistant alone, and that stands", () => {
    const choices = choicesOf([], [], "p", null);
    expect(choices.map(({ value }) => value)).toEqual(["classical"]);
    expect(standing(choices, null)).toBe("classical");
  });

  it("puts the instance's models before those tuned here, and the latest of these first", () => {
    const models = [
      model("t", { base: "b", project: "p" }),
      model("tt", { base: "b", project: "p" }),
      model("b", { is_default: true }),
    ];
    expect(values(models)).toEqual(["classical", DEFAULT, "b", "tt", "t"]);
  });

  it("leaves out predictors and the models of other projects", () => {
    const models = [model("b"), model("pred", { kind: "predictor" }), model("other", { base: "b", project: "q" })];
    expect(values(models)).toEqual(["classical", DEFAULT, "b"]);
  });

  it("keeps a choice that is no longer offered in sight", () => {
    expect(values([model("b")], "gone")).toEqual(["classical", DEFAULT, "b", "gone"]);
  });

  it("tells of a tuned version what its run measured", () => {
    const click_gain = { mean: 0.05, low: 0.02, high: 0.08 };
    const run = { id: "r", model: "t", state: { click_gain, box_gain: null, held_out: 84 } } as FinetuneRow;
    const choices = choicesOf([model("b"), model("t", { base: "b", project: "p" })], [run], "p", "t");
    expect(choices.find(({ value }) => value === "t")?.gain).toEqual({ click: click_gain, box: null, heldOut: 84 });
    expect(choices.find(({ value }) => value === "b")?.gain).toBeNull();
  });
});

describe("the choice that stands", () => {
  const models = [model("b", { is_default: true }), model("c")];
  it("is the instance's default unless another was chosen", () => {
    const choices = choicesOf(models, [], "p", null);
    expect([null, "classical", "c"].map((chosen) => standing(choices, chosen))).toEqual([DEFAULT, "classical", "c"]);
  });
  it("is told to the server as null when it is the default", () => {
    expect([DEFAULT, "classical", "c"].map(modelOf)).toEqual([null, "classical", "c"]);
  });
});
