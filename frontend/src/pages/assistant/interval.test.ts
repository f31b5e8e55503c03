import { describe, expect, it } from "vitest";
import { leaning, place, scaleOf, signed, spoken } from "./interval";

const gain = (low: number, mean: number, high: number) => ({ low, mean, high });

describe("scaleOf", () => {
  it("has 0 on it though every interval is above", () => {
    expect(scaleOf([gain(0.021, 0.05, 0.078)])).toEqual({
      low: 0,
      high: 0.08,
      ticks: [0, 0.02, 0.04, 0.06, 0.08],
    });
  });

  it("reaches over all intervals", () => {
    const scale = scaleOf([gain(-0.012, 0.01, 0.03), gain(0.01, 0.02, 0.041)]);
    expect(scale.low).toBeLessThanOrEqual(-0.012);
    expect(scale.high).toBeGreaterThanOrEqual(0.041);
    expect(scale.ticks).toContain(0);
    expect(scale.ticks.length).toBeLessThanOrEqual(7);
  });

  it("is an axis even where nothing changed", () => {
    const scale = scaleOf([gain(0, 0, 0)]);
    expect(scale.high).toBeGreaterThan(scale.low);
    expect(place(scale, 0)).toBe(50);
  });

  it("is an axis without intervals", () => expect(scaleOf([]).ticks.length).toBeGreaterThan(1));
});

describe("place", () => {
  const scale = { low: -0.1, high: 0.1, ticks: [] };
  it("is in per cent of the axis", () => expect(place(scale, 0)).toBe(50));
  it("stays on the axis", () => expect([place(scale, -9), place(scale, 9)]).toEqual([0, 100]));
});

describe("words of a gain", () => {
  it("carry the sign, but none for nothing", () => {
    expect([signed(0.0521), signed(-0.0521), signed(-0.0001)]).toEqual(["+0.052", "−0.052", "0.000"]);
  });
  it("name both ends", () => expect(spoken(gain(-0.01, 0.02, 0.05))).toBe("+0.020 (−0.010 … +0.050)"));
  it("lean only when the whole interval does", () => {
    expect([gain(0.01, 0.02, 0.03), gain(-0.03, -0.02, -0.01), gain(-0.01, 0.02, 0.05)].map(leaning)).toEqual([
      "up",
      "down",
      "unclear",
    ]);
  });
});
