import { expect, it } from "vitest";
import { classesOf } from "../../api/grid";
import { answersOf, parseGrid, toAsk } from "./search";

it("reads an address leniently", () => {
  expect(parseGrid({ class: "RBC", order: "random", kind: "odd", page: 3 })).toEqual({ class: "RBC", order: "random" });
  expect(parseGrid({ predicted: "WBC", order: "mistakenness" })).toEqual({});
});

it("knows an answer only of a question of a class", () => {
  const asked = { class: "RBC", attribute: "in focus", answer: false, stage: "expert" };
  expect(parseGrid(asked)).toEqual(asked);
  expect(parseGrid({ ...asked, class: undefined })).toEqual({ stage: "expert" });
  expect(parseGrid({ ...asked, attribute: undefined })).toEqual({ class: "RBC", stage: "expert" });
  expect(parseGrid({ ...asked, answer: undefined })).toEqual({ class: "RBC", stage: "expert" });
  expect(parseGrid({ ...asked, answer: "" })).toEqual({ class: "RBC", stage: "expert" });
});

it("asks for a class, or for a cell of the confusion matrix", () => {
  expect(toAsk({ class: "RBC" }, 60, 96)).toEqual({ class: "RBC", order: "mistakenness", size: 60, tile: 96 });
  expect(toAsk({ class: "RBC", predicted: "WBC", order: "random" }, 9, 192)).toEqual({
    confusion: { label: "RBC", predicted: "WBC" },
    order: "random",
    size: 9,
    tile: 192,
  });
});

it("asks for an answer beside the class, and keeps the stage for the commit", () => {
  const ask = toAsk({ class: "RBC", attribute: "in focus", answer: false, stage: "expert" }, 60, 96);
  expect(ask).toMatchObject({ class: "RBC", attribute: { name: "in focus", value: false } });
  expect(ask).not.toHaveProperty("stage");
  const cell = toAsk({ class: "RBC", predicted: "WBC", attribute: "overlap", answer: "none" }, 60, 96);
  expect(cell).toMatchObject({ confusion: { label: "RBC" }, attribute: { name: "overlap", value: "none" } });
});

it("asks of objects without a label only what they can have", () => {
  const asked = {
    class: "RBC",
    predicted: "WBC",
    attribute: "overlap",
    answer: "none",
    order: "random",
    stage: "expert",
  };
  const search = parseGrid({ ...asked, kind: "missing", annotator: "7" });
  expect(search).toEqual({ class: "RBC", kind: "missing", annotator: "7" });
  expect(toAsk(search, 60, 96)).toMatchObject({ class: "RBC", kind: "missing", order: "mistakenness" });
  expect(parseGrid({ kind: "missing", order: "neighbourhood" })).toEqual({ kind: "missing", order: "neighbourhood" });
});

it("offers what a few answers tell apart, and neither what is archived nor what is written freely", () => {
  const [cell, focus] = classesOf({
    objects: [
      {
        name: "RBC",
        shape: "bounding_box",
        attributes: [
          { name: "overlap", type: "radio", options: [{ value: "none" }, { value: "old", archived: true }] },
          { name: "in focus", type: "boolean" },
          { name: "note", type: "text" },
          { name: "gone", type: "boolean", archived: true },
        ],
      },
      { name: "old", shape: "polygon", archived: true },
    ],
    classifications: [{ name: "focus", type: "radio", options: [{ value: "sharp" }] }],
  });
  expect(answersOf(cell)).toEqual([
    { name: "overlap", answers: ["none"] },
    { name: "in focus", answers: [true, false] },
  ]);
  expect(focus).toMatchObject({ name: "focus", shape: "classification" });
  expect(answersOf(focus)).toEqual([{ name: "focus", answers: ["sharp"] }]);
  expect(answersOf(undefined)).toEqual([]);
});
