import { describe, expect, it } from "vitest";
import { drawn, iouDomain, stepTicks } from "./curve";

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

describe("iouDomain", () => {
  it("lies closely around the points", () => expect(iouDomain(drawn([point(0, 0.37, 0.71)]))).toEqual([0.35, 0.75]));
  it("does not blow up a flat line", () => {
    const [low, high] = iouDomain(drawn([point(0, 0.5, 0.5)]));
    expect(high - low).toBeCloseTo(0.1);
  });
  it("stays within 0 and 1", () => {
    expect(iouDomain(drawn([point(0, 0, 0)]))).toEqual([0, 0.1]);
    expect(iouDomain(drawn([point(0, 1, 1)]))).toEqual([0.9, 1]);
  });
  it("has an axis before the first point", () => expect(iouDomain([])).toEqual([0, 1]));
});
