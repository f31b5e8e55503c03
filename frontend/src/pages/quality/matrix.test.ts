import { expect, test } from "vitest";
import { pathOf, tints } from "./matrix";

test("cells are tinted by their share of the row", () => {
  expect(
    tints([
      [8, 2],
      [0, 0],
      [5, 10],
    ]),
  ).toEqual([
    [0.8, 0.2],
    [0, 0],
    [0.5, 1],
  ]);
  expect(tints([[0]])).toEqual([[0]]);
});

test("a curve goes from point to point", () => {
  const same = (value: number) => value;
  expect(
    pathOf(
      [
        [0, 1, 0.9],
        [0.5, 0.8, 0.5],
      ],
      same,
      same,
    ),
  ).toBe("M0 1L0.5 0.8");
});
