import { describe, expect, it } from "vitest";
import { diffLines } from "./diff";

const box = { id: "1", class: "RBC", shape: "bounding_box" };

describe("diffLines", () => {
  it("lists what went, what changed and what came", () => {
    const lines = diffLines({
      added: [{ ...box, id: "3" }],
      changed: [
        { before: box, after: { ...box, class: "WBC" } },
        { ...box, id: "2" },
      ],
      removed: [{ ...box, id: "4" }],
    });
    expect(lines.map(({ id, change }) => [id, change])).toEqual([
      ["4", "removed"],
      ["1", "changed"],
      ["2", "changed"],
      ["3", "added"],
    ]);
    expect(lines[1]?.text).toBe("RBC → WBC, bounding box");
  });

  it("is empty for equal revisions", () => {
    expect(diffLines({})).toEqual([]);
  });
});
