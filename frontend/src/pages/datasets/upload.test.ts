import { describe, expect, it } from "vitest";
import { batches } from "./upload";

const sizes = (list: number[]) => list.map((size) => ({ size }));
const cut = (list: number[], files: number, bytes: number) =>
  batches(sizes(list), files, bytes).map((batch) => batch.map(({ size }) => size));

describe("batches", () => {
  it("cuts by number and keeps the order", () => {
    expect(cut([1, 2, 3, 4, 5], 2, 100)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it("cuts by size, and lets a large file go alone", () => {
    expect(cut([4, 4, 4, 50, 1], 10, 10)).toEqual([[4, 4], [4], [50], [1]]);
  });

  it("makes nothing of nothing", () => {
    expect(cut([], 2, 10)).toEqual([]);
  });
});
