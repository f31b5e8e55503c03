import { describe, expect, it } from "vitest";
import { safeNext } from "./search";

describe("safeNext", () => {
  it("keeps places of this app", () => {
    expect(safeNext("/projects/1?status=waiting")).toBe("/projects/1?status=waiting");
  });

  it("drops other hosts and itself", () => {
    for (const value of ["https://evil.test", "//evil.test", "/\\evil.test", "", 7, "/sign-in?next=/sign-in"]) {
      expect(safeNext(value)).toBeUndefined();
    }
  });
});
