import { describe, expect, it } from "vitest";
import { drawn, iouTicks, stepTicks } from "./curve";

const point = (step: number, click = 0.5, box = 0.6) => ({
  step,
  loss: 1 / (step + 1),
  click_iou: click,
  box_iou: box,
});

describe("drawn", () => {
  it("keeps a short curve as it is", () => {
    expect(drawn([point(0), point(20)]).map(({ step }) => step)).toEqual([0, 20]);
  });

  it("has no loss before the first step", () => {
    expect(drawn([point(0), point(20)]).map(({ loss }) => loss)).toEqual([null, 1 / 21]);
  });

  it("thins a long one, from its first point to its last", () => {
    const steps = drawn(Array.from({ length: 1_000 }, (_, step) => point(step))).map(({ step }) => step);
    expect(steps).toHaveLength(200);
    expect([steps[0], steps.at(-1)]).toEqual([0, 999]);
    expect(new Set(steps).size).toBe(200);
  });
});

describe("stepTicks", () => {
  const ticks = (...steps: number[]) => stepTicks(drawn(steps.map((step) => point(step))));
  it("are round numbers", () => {
    expect(ticks(0, 260)).toEqual([0, 100, 200]);
    expect(ticks(0, 400)).toEqual([0, 100, 200, 300, 400]);
    expect(ticks(0, 90)).toEqual([0, 20, 40, 60, 80]);
  });
  it("are few, even for one point or none", () => {
    expect(ticks(20)).toEqual([20]);
    expect(ticks()).toEqual([0]);
    expect(ticks(0, 12_345).length).toBeLessThanOrEqual(6);
  });
});

describe("iouTicks", () => {
  const ticks = (click: number, box: number) => iouTicks(drawn([point(0, click, box)]));
  it("lie closely around the points, on round values", () => {
    expect(ticks(0.37, 0.71)).toEqual([0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
    expect(ticks(0.42, 0.5)).toEqual([0.4, 0.42, 0.44, 0.46, 0.48, 0.5, 0.52]);
  });
  it("do not blow up a flat line", () => {
    const flat = ticks(0.5, 0.5);
    expect((flat.at(-1) ?? 0) - (flat[0] ?? 0)).toBeGreaterThanOrEqual(0.1);
  });
  it("stay within 0 and 1", () => {
    expect(ticks(0, 0)[0]).toBe(0);
    expect(ticks(1, 1).at(-1)).toBe(1);
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });
  it("are an axis before the first point", () => expect(iouTicks([])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]));
});
