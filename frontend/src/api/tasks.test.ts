import { describe, expect, it } from "vitest";
import { itemFailed, standing, takes } from "./tasks";
import type { Task } from "./types";

const ann = { id: "ann", name: "Ann", email: "ann@demo.test" };
type Part = Pick<Task, "status" | "assignee" | "claim" | "allowed_actions">;
const task = (part: Partial<Part>): Part => ({
  status: "waiting",
  assignee: null,
  claim: null,
  allowed_actions: [],
  ...part,
});

describe("standing", () => {
  it("is held by whoever has the claim", () => {
    const claim = { holder: "ann", token: 1, expires_at: "" };
    expect(standing(task({ status: "claimed", claim }), "ann")).toBe("held");
    expect(standing(task({ status: "claimed", claim: { ...claim, holder: ann } }), "ann")).toBe("held");
    expect(standing(task({ status: "claimed", claim }), "bob")).toBe("past");
  });

  it("is reserved while it waits for its assignee", () => {
    expect(standing(task({ assignee: ann }), "ann")).toBe("reserved");
    expect(standing(task({ assignee: ann, status: "complete" }), "ann")).toBe("past");
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
  it("reads an error or an HTTP status", () => {
    expect(itemFailed({ id: "1", status: 200 })).toBe(false);
    expect(itemFailed({ id: "1", status: 409 })).toBe(true);
    expect(itemFailed({ id: "1", status: "failed", error: { code: "held" } })).toBe(true);
    expect(itemFailed({ id: "1", status: "ok" })).toBe(false);
  });
});
