import { describe, expect, it } from "vitest";
import { fill, t, tValue } from "./t";

describe("fill", () => {
  it("puts values and counted words in their places", () => {
    expect(fill("{count} {count|task|tasks} of {name}", { count: 1, name: "coins" })).toBe("1 task of coins");
    expect(fill("{count} {count|task|tasks}", { count: 1200 })).toBe("1,200 tasks");
  });

  it("keeps a place that nobody filled", () => {
    expect(fill("Hello {name}")).toBe("Hello {name}");
  });
});

describe("t", () => {
  it("reads a message", () => {
    expect(t("common.cancel")).toBe("Cancel");
  });

  it("makes an unknown value of the server readable", () => {
    expect(tValue("status", "not_yet_known")).toBe("not yet known");
  });
});
