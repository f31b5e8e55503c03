import { describe, expect, it } from "vitest";
import { smallOntology } from "../dev/scene";
import { answered, answerTo, unanswered, Vocabulary, withNested } from "./ontology";
import type { Label } from "./types";

const vocabulary = new Vocabulary(smallOntology),
  rbc = vocabulary.object("RBC");
const questions = rbc?.attributes ?? [],
  overlap = questions[0];
const label = (attributes: Label["attributes"], extra = {}): Label =>
  ({
    id: "a",
    class: "RBC",
    shape: "bounding_box",
    geometry: { x: 1, y: 2, width: 3, height: 4 },
    attributes,
    ...extra,
  }) as Label;

describe("answers", () => {
  it("are read by id or by name, and written where they stand", () => {
    if (!overlap) throw new Error("no question");
    expect(answerTo({ "a-overlap": "none" }, overlap)).toBe("none");
    expect(answerTo({ overlap: "none" }, overlap)).toBe("none");
    expect(answered({ "a-overlap": "none" }, overlap, "partial")).toEqual({ "a-overlap": "partial" });
    expect(answered({}, overlap, "partial")).toEqual({ overlap: "partial" });
    expect(answered({ overlap: "none" }, overlap, null)).toEqual({});
  });

  it("nest only as long as something is said below", () => {
    expect(withNested("partial", { with: "platelet" })).toEqual({ value: "partial", attributes: { with: "platelet" } });
    expect(withNested({ value: "partial", attributes: { with: "platelet" } }, {})).toBe("partial");
  });

  it("that are required are missed at every depth", () => {
    expect(unanswered(questions, {})).toEqual([["a-overlap"]]);
    expect(unanswered(questions, { overlap: "partial" })).toEqual([["a-overlap", "a-with"]]);
    expect(unanswered(questions, { overlap: { value: "partial", attributes: { with: "x" } } })).toEqual([]);
  });
});

it("two spellings of the same label are the same", () => {
  const a = label({ overlap: { value: "partial", attributes: { with: "x" } }, flags: ["cut"] });
  const b = label(
    { flags: [{ value: "o-cut", attributes: {} }], "a-overlap": { value: "o-partial", attributes: { "a-with": "x" } } },
    { geometry: { height: 4, width: 3, y: 2, x: 1 } },
  );
  expect(vocabulary.canonical(a)).toBe(vocabulary.canonical(b));
  expect(vocabulary.canonical(a)).not.toBe(vocabulary.canonical(label({})));
});
