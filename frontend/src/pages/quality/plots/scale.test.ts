import { expect, test } from "vitest";
import { between, count, duration, niceEnd, place, share, spanOf } from "./scale";

test("shares say more digits where there is less", () => {
  expect([0, 0.0000002, 0.0004, 0.021, 0.5, 1].map(share)).toEqual([
    "0.0 %",
    "0.0 %",
    "0.04 %",
    "2.1 %",
    "50 %",
    "100 %",
  ]);
  expect(share(null)).toBe("–");
});

test("an interval stands behind its middle", () => {
  expect(between(0.021, 0.008, 0.043)).toBe("2.1 % (0.8 to 4.3)");
  expect(between(0.021, null, null)).toBe("2.1 %");
  expect(between(null, 0, 1)).toBe("–");
});

test("places stay on the axis", () => {
  expect([-1, 0, 0.25, 2].map((value) => place(value))).toEqual([0, 0, 25, 100]);
  expect(place(5, 20)).toBe(25);
});

test("axes end at round numbers", () => {
  expect([0, 0.013, 0.02, 3, 70, 1000].map(niceEnd)).toEqual([1, 0.02, 0.02, 5, 100, 1000]);
});

test("bins share the axis evenly", () => {
  expect([0, 9, 19].map((one) => spanOf(one, 20))).toEqual([
    [0, 0.05],
    [0.45, 0.5],
    [0.95, 1],
  ]);
});

test("amounts and times are as exact as they need to be", () => {
  expect([0, 0.42, 9.94, 12.3, 1234.5].map(count)).toEqual(["0", "0.4", "9.9", "12", "1,235"]);
  expect([12, 600, 9_000].map(duration)).toEqual(["12 s", "10 min", "2.5 h"]);
});
