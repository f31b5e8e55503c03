import { describe, expect, it } from "vitest";
import { roughly, secondsLeft } from "./timeLeft";

describe("secondsLeft", () => {
  it("goes on at the pace seen so far", () => {
    expect(secondsLeft({ at: 0, progress: 0.2 }, { at: 10_000, progress: 0.4 })).toBeCloseTo(30);
  });
  it("says nothing before there is a pace", () => {
    expect(secondsLeft(null, { at: 0, progress: 0.2 })).toBeNull();
    expect(secondsLeft({ at: 0, progress: 0.2 }, { at: 1_000, progress: 0.9 })).toBeNull();
    expect(secondsLeft({ at: 0, progress: 0.2 }, { at: 60_000, progress: 0.2 })).toBeNull();
  });
  it("says nothing at the end, nor when the progress was set back", () => {
    expect(secondsLeft({ at: 0, progress: 0.2 }, { at: 9_000, progress: 1 })).toBeNull();
    expect(secondsLeft({ at: 0, progress: 0.8 }, { at: 9_000, progress: 0.1 })).toBeNull();
  });
});

describe("roughly", () => {
  it("rounds the more, the longer it is", () => {
    expect([2, 37, 58, 200, 3_500, 9_000].map(roughly)).toEqual(["5 s", "40 s", "1 min", "3 min", "1 h", "3 h"]);
  });
});
