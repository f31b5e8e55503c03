import { describe, expect, it } from "vitest";
import { decodeDraft, decodeIssue, decodeLabels, decodeOntology, decodeTask, decodeVerdict } from "./decode";

const ontology = decodeOntology({
  name: "Blood",
  objects: [
    {
      id: "o1",
      name: "RBC",
      shape: "bounding_box",
      attributes: [{ id: "a1", name: "overlap", type: "radio", options: [{ id: "x", value: "none" }] }],
    },
  ],
  classifications: [{ id: "q1", name: "focus", type: "radio", required: true, options: [{ id: "y", value: "sharp" }] }],
});

describe("what the server says", () => {
  it("an ontology gets the defaults it leaves out", () => {
    const [rbc] = ontology.objects;
    expect([rbc?.color, rbc?.template, rbc?.archived, rbc?.attributes[0]?.required]).toEqual([
      "#4dabf7",
      null,
      false,
      false,
    ]);
  });

  it("labels carry their class by id, and nothing that the server keeps itself", () => {
    const [a, b] = decodeLabels(
      [
        {
          id: "1",
          class: "RBC",
          shape: "bounding_box",
          geometry: { x: 1, y: 2, width: 3, height: 4 },
          attributes: {},
          created_by: "ann",
          origin: { kind: "human", model: null, edited: false },
        },
        { id: "2", class: "focus", shape: "classification", geometry: null, attributes: { focus: "sharp" } },
      ],
      ontology,
    );
    expect(a).toEqual({
      id: "1",
      class: "o1",
      shape: "bounding_box",
      geometry: { x: 1, y: 2, width: 3, height: 4 },
      attributes: {},
      origin: { kind: "human", model: null, edited: false },
    });
    expect([b?.class, b?.geometry]).toEqual(["q1", null]);
  });

  it("a task may be held by nobody, and a review allows no edits unless it says so", () => {
    const task = decodeTask({
      id: "t",
      project: "p",
      stage: "review",
      stage_type: "review",
      round: 2,
      data_unit: { id: "u", name: "a.jpg", width: 10, height: 20, media_url: "/m" },
      stage_config: {},
    });
    expect([task.claim, task.config.allowEdit, task.stageTitle, task.round]).toEqual([null, false, "review", 2]);
    expect(decodeTask({ stage_type: "review", stage_config: { allow_edit: true } }).config.allowEdit).toBe(true);
  });

  it("people are called by name", () => {
    expect(
      decodeVerdict({
        id: "v",
        label: null,
        verdict: "rejected",
        kind: "missing",
        reviewer: "id",
        reviewer_name: "Rex",
      }),
    ).toMatchObject({ label: null, reviewer: "Rex", reviewerId: "id" });
    expect(
      decodeIssue({
        id: "i",
        x: 1,
        y: 2,
        text: "?",
        author: "id",
        author_name: "Ann",
        resolved: true,
        comment_count: 2,
      }),
    ).toMatchObject({ author: "Ann", resolved: true, commentCount: 2 });
  });

  it("a draft is labels and ids", () => {
    expect(decodeDraft({ id: "d", labels: { upsert: [], delete: ["1"] } }, ontology).delta).toEqual({
      upsert: [],
      delete: ["1"],
    });
  });
});
