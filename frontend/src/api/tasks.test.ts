import { describe, expect, it } from "vitest";
import { itemFailed, rejectedLabels, standing, takes } from "./tasks";
import type { TaskVerdict } from "./types";

describe("standing", () => {
  it("tells what is in hand from what is set aside and what is done", () => {
    expect(standing({ status: "claimed" })).toBe("held");
    expect(standing({ status: "waiting" })).toBe("reserved");
    expect(standing({ status: "claimed", acted_at: "2026-11-21T12:00:00Z" })).toBe("past");
  });
});

describe("rejectedLabels", () => {
  it("counts a label once and each missing object for itself", () => {
    const verdict = (id: string, label: string | null, word: TaskVerdict["verdict"]): TaskVerdict => ({
      id,
      label,
      verdict: word,
      kind: null,
      reason: "",
      comment: "",
      round: 1,
      created_at: "",
    });
    const verdicts = [
      verdict("1", "a", "rejected"),
      verdict("2", "a", "rejected"),
      verdict("3", "b", "approved"),
      verdict("4", null, "rejected"),
      verdict("5", null, "rejected"),
    ];
    expect(rejectedLabels({ verdicts })).toBe(3);
  });
});

describe("takes", () => {
  it("lets experts review but no manager claim", () => {
    expect(takes(["expert"], "review")).toBe(true);
    expect(takes(["reviewer"], "expert_review")).toBe(false);
    expect(takes(["manager", "viewer"], "annotate")).toBe(false);
    expect(takes(["agent"], "agent")).toBe(false);
  });
});

describe("itemFailed", () => {
  it("reads the word of each item", () => {
    expect(itemFailed({ id: "1", status: "done" })).toBe(false);
    expect(itemFailed({ id: "1", status: "would_do" })).toBe(false);
    expect(itemFailed({ id: "1", status: "refused", error: { code: "held" } })).toBe(true);
  });
});
