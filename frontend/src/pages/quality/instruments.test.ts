import { expect, it } from "vitest";
import { rate, timesFaster } from "./instruments";

it("says what was measured, and that nobody knows where nothing was", () => {
  expect(timesFaster({ times_faster: 6.34 })).toBe(
    "In this project's grid 6.3 times as many verdicts are given a minute as on whole images.",
  );
  expect(timesFaster({ times_faster: 0.8 })).toContain("0.8 times as many");
  expect(timesFaster({ times_faster: null })).toContain("not known yet");
});

it("rounds a pace as it deserves, and knows none from nothing", () => {
  expect([rate(212.4), rate(0.26), rate(0), rate(null)]).toEqual(["212", "0.3", "0.0", null]);
});
