import { describe, expect, it } from "vitest";
import { isFinished, jobId, pollDelay } from "./jobs";

describe("pollDelay", () => {
  it("grows from half a second to five and stays there", () => {
    expect(pollDelay(undefined, 0)).toBe(500);
    expect(pollDelay({ state: "running" }, 3)).toBeGreaterThan(1_000);
    expect(pollDelay({ state: "queued" }, 1_000)).toBe(5_000);
  });

  it("ends with the job", () => {
    for (const state of ["succeeded", "failed", "cancelled"] as const) {
      expect(isFinished({ state })).toBe(true);
      expect(pollDelay({ state }, 1)).toBe(false);
    }
  });
});

describe("jobId", () => {
  it("reads the Location of a 202", () => {
    expect(jobId("http://host/api/v1/jobs/0199-a/")).toBe("0199-a");
    expect(jobId(null)).toBeNull();
    expect(jobId("/api/v1/projects/x/")).toBeNull();
  });
});
