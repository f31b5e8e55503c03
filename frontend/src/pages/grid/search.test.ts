import { expect, it } from "vitest";
import { parseGrid, toAsk } from "./search";

it("reads an address leniently", () => {
  expect(parseGrid({ class: "RBC", order: "random", kind: "odd", page: 3 })).toEqual({ class: "RBC", order: "random" });
  expect(parseGrid({ predicted: "WBC", order: "mistakenness" })).toEqual({});
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
