import { describe, expect, it } from "vitest";
import { percent, timeAgo } from "./format";

describe("timeAgo", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");

  it("takes the largest unit that fits, backwards and forwards", () => {
    expect(timeAgo("2026-11-21T11:20:00Z", now)).toBe("40 min. ago");
    expect(timeAgo("2026-11-21T14:00:00Z", now)).toBe("in 2 hr.");
  });

  it("says nothing of what is no time", () => {
    expect(timeAgo("soon", now)).toBe("");
  });
});

describe("percent", () => {
  it("claims neither the end nor the beginning too early", () => {
    expect(percent(0, 10)).toBe(0);
    expect(percent(1, 1000)).toBe(1);
    expect(percent(999, 1000)).toBe(99);
    expect(percent(10, 10)).toBe(100);
    expect(percent(0, 0)).toBe(0);
  });
});
