import { describe, expect, it } from "vitest";
import type { Ontology } from "../../api/types";
import { moveAt, newAttribute, newClass, problemsByKey, removeAt, toBody, toDraft } from "./draft";

const ontology: Pick<Ontology, "name" | "objects" | "classifications"> = {
  name: "Blood cells",
  objects: [
    {
      id: "rbc",
      name: "RBC",
      shape: "bounding_box",
      color: "#c92a2a",
      skill: null,
      attributes: [
        {
          id: "overlap",
          name: "overlap",
          type: "radio",
          required: false,
          options: [
            { id: "none", value: "none" },
            { id: "partial", value: "partial", attributes: [{ id: "with", name: "with", type: "text" }] },
          ],
        },
      ],
    },
  ],
  classifications: [],
};

describe("toDraft and toBody", () => {
  it("bring an ontology back as it was", () => {
    expect(toBody(toDraft(ontology))).toEqual(ontology);
  });

  it("drop the options of a type that has none", () => {
    const draft = toDraft(ontology);
    draft.classifications.push({ ...newAttribute(), name: " note ", type: "text" });
    expect(toBody(draft).classifications).toEqual([{ name: "note", type: "text", required: false }]);
  });

  it("give a skeleton its template", () => {
    const draft = toDraft(ontology);
    draft.objects.push({ ...newClass(draft.objects), name: "hand", shape: "skeleton" });
    expect(toBody(draft).objects[1]?.template).toEqual({ points: [], edges: [] });
  });
});

describe("removeAt", () => {
  it("archives what the server knows and drops what it never saw", () => {
    const draft = toDraft(ontology);
    expect(removeAt(draft.objects, 0)[0]?.archived).toBe(true);
    expect(removeAt([newClass([])], 0)).toEqual([]);
  });
});

describe("moveAt", () => {
  it("stays inside the list", () => {
    expect(moveAt(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(moveAt(["a", "b"], 0, -1)).toEqual(["a", "b"]);
    expect(moveAt(["a", "b"], 1, 1)).toEqual(["a", "b"]);
  });
});

describe("problemsByKey", () => {
  it("finds the innermost part that is meant", () => {
    const draft = toDraft(ontology);
    const found = problemsByKey(draft, [
      { path: "objects.0.attributes.0.options.1.value", detail: "Twice." },
      { path: "name", detail: "Too long." },
    ]);
    expect(found.get("partial")).toBe("Twice.");
    expect(found.get("")).toBe("Too long.");
  });
});
