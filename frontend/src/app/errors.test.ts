import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { describeError, isPassing, pointerToPath, sortErrors } from "./errors";

const error = (pointer: string, detail: string) => ({ pointer, code: "invalid", detail });

describe("pointerToPath", () => {
  it("turns a JSON pointer into a form path", () => {
    expect(pointerToPath("/objects/0/shape")).toBe("objects.0.shape");
    expect(pointerToPath("/a~1b/c~0d")).toBe("a/b.c~d");
    expect(pointerToPath("")).toBe("");
  });
});

describe("sortErrors", () => {
  it("gives each field its first error and keeps the rest", () => {
    const problem = new Problem(400, {
      errors: [
        error("/name", "Too long."),
        error("/name", "Again."),
        error("/roles/1", "No such role."),
        error("/x", "?"),
      ],
    });
    expect(sortErrors(problem, ["name", "roles"])).toEqual({
      fields: { name: "Too long.", roles: "No such role." },
      rest: ["x: ?"],
    });
  });

  it("says the detail when no field is named", () => {
    expect(sortErrors(new Problem(409, { detail: "It is in use." }), ["name"]).rest).toEqual(["It is in use."]);
  });
});

describe("describeError", () => {
  it("speaks of the network when no answer came", () => {
    expect(describeError(new Problem(0))).toMatch(/cannot be reached/);
  });

  it("names the wait of a throttled request", () => {
    expect(describeError(new Problem(429, {}, new Headers({ "Retry-After": "7" })))).toMatch(/7/);
  });
});

describe("isPassing", () => {
  it("holds for lost answers and broken servers only", () => {
    expect([0, 503, 409, 400].map((status) => isPassing(new Problem(status)))).toEqual([true, true, false, false]);
  });
});
