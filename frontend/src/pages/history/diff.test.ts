import { describe, expect, it } from "vitest";
import { diffLines } from "./diff";

const box = { id: "1", class: "RBC", shape: "bounding_box" };

describe("diffLines", () => {
  it("lists what went, what changed and what came", () => {
    const lines = diffLines({
      changes: [
        { id: "3", before: null, after: { ...box, id: "3" } },
        { id: "1", before: box, after: { ...box, class: "WBC" } },
        { id: "2", before: box, after: box },
        { id: "4", before: { ...box, id: "4" }, after: null },
      ],
    });
    expect(lines.map(({ id, change }) => [id, change])).toEqual([
      ["4", "removed"],
      ["1", "changed"],
      ["2", "changed"],
      ["3", "added"],
    ]);
    expect(lines[1]?.text).toBe("RBC → WBC, bounding box");
    expect(lines[2]?.text).toBe("RBC, bounding box");
  });

  it("is empty for equal revisions", () => {
    expect(diffLines({ changes: [] })).toEqual([]);
  });
});
