import { describe, expect, it } from "vitest";
import { modelField } from "./formats";

describe("modelField", () => {
  it("leaves out what nobody said", () => {
    const model = { name: " yolo ", version: "", trained_on: "", out_of_sample: false };
    expect(modelField(model)).toBe('{"name":"yolo"}');
    expect(JSON.parse(modelField({ ...model, version: "3", trained_on: "June", out_of_sample: true }))).toEqual({
      name: "yolo",
      version: "3",
      trained_on: "June",
      out_of_sample: true,
    });
  });
});
