import { describe, expect, it } from "vitest";
import { Vocabulary } from "../core/ontology";
import type { Label } from "../core/types";
import { box } from "../dev/fixtures";
import { smallOntology } from "../dev/scene";
import { folded, merge } from "./merge";

const vocabulary = new Vocabulary(smallOntology),
  says = (l: Label) => vocabulary.canonical(l);
const at = (id: string, x: number) => box(id, x, 0, 10, 10),
  map = (...labels: Label[]) => new Map(labels.map((l) => [l.id, l]));

describe("a merge", () => {
  it("takes what touches nothing of ours, and leaves ours waiting", () => {
    const m = merge(
      map(at("a", 0), at("b", 0), at("c", 0)),
      map(at("a", 0), at("b", 9), at("d", 0)),
      [{ id: "a", base: at("a", 0), mine: at("a", 5) }],
      says,
    );
    expect(m.absorb).toEqual([
      { id: "b", after: at("b", 9) },
      { id: "c", after: null },
      { id: "d", after: at("d", 0) },
    ]);
    expect([m.conflicts, m.agreed]).toEqual([[], []]);
  });

  it("asks where both changed the same label, also when one deleted it", () => {
    const m = merge(
      map(at("a", 0), at("b", 0)),
      map(at("a", 9)),
      [
        { id: "a", base: at("a", 0), mine: at("a", 5) },
        { id: "b", base: at("b", 0), mine: at("b", 5) },
      ],
      says,
    );
    expect(m.conflicts).toEqual([
      { id: "a", mine: at("a", 5), theirs: at("a", 9) },
      { id: "b", mine: at("b", 5), theirs: null },
    ]);
  });

  it("is content where both say the same", () => {
    const m = merge(
      map(at("a", 0)),
      map(at("a", 5)),
      [
        { id: "a", base: at("a", 0), mine: at("a", 5) },
        { id: "n", base: null, mine: null },
      ],
      says,
    );
    expect([m.conflicts, m.agreed]).toEqual([[], ["a", "n"]]);
  });
});

it("many entries about a label are one change, and none when it came back to where it was", () => {
  const [a0, a1, a2] = [at("a", 0), at("a", 1), at("a", 2)];
  expect(
    folded(
      [
        { id: "a", base: a0, mine: a1 },
        { id: "a", base: a1, mine: a2 },
      ],
      says,
    ),
  ).toEqual([{ id: "a", base: a0, mine: a2 }]);
  expect(
    folded(
      [
        { id: "a", base: a0, mine: a1 },
        { id: "a", base: a1, mine: at("a", 0) },
      ],
      says,
    ),
  ).toEqual([]);
  expect(
    folded(
      [
        { id: "a", base: null, mine: a1 },
        { id: "a", base: a1, mine: null },
      ],
      says,
    ),
  ).toEqual([]);
});
