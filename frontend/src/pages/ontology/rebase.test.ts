import { describe, expect, it } from "vitest";
import type { Ontology } from "../../api/types";
import { newClass, toDraft } from "./draft";
import { rebase } from "./rebase";

const object = (name: string, color = "#c92a2a") => ({
  id: name.toLowerCase(),
  name,
  shape: "bounding_box" as const,
  color,
  skill: null,
  attributes: [],
});
const version = (...objects: ReturnType<typeof object>[]) =>
  ({ name: "Cells", objects, classifications: [] }) as unknown as Ontology;

describe("rebasing", () => {
  const before = version(object("RBC"), object("WBC"));

  it("keeps what each side changed, and adds both sides' new classes", () => {
    const mine = toDraft(before);
    mine.objects = [
      { ...(mine.objects[0] as (typeof mine.objects)[0]), color: "#1864ab" },
      ...mine.objects.slice(1),
      { ...newClass([]), name: "mine" },
    ];
    const { draft, both } = rebase(
      before,
      mine,
      version(object("RBC"), { ...object("WBC"), name: "White" }, object("New")),
    );
    expect(draft.objects.map(({ name, color }) => [name, color === "#1864ab"])).toEqual([
      ["RBC", true],
      ["White", false],
      ["New", false],
      ["mine", draft.objects[3]?.color === "#1864ab"],
    ]);
    expect(both).toEqual([]);
  });

  it("takes mine of what both changed, and says so", () => {
    const mine = toDraft(version(object("RBC", "#1864ab")));
    const { draft, both } = rebase(version(object("RBC")), mine, version(object("RBC", "#2b8a3e")));
    expect([draft.objects[0]?.color, both]).toEqual(["#1864ab", ["RBC"]]);
  });
});
