import { describe, expect, it } from "vitest";
import { COLORS, colorAt, freeColor } from "./colors";

describe("freeColor", () => {
  it("begins with the palette's first", () => {
    expect(freeColor([null, undefined, "red"])).toBe(COLORS[0]);
  });

  it("keeps away from what is near to a colour in use", () => {
    expect(freeColor(["#0072b3"])).not.toBe("#0072b2");
    expect(COLORS.slice(0, 3)).not.toContain(freeColor(COLORS.slice(0, 3)));
  });
});

describe("colorAt", () => {
  it("goes round", () => {
    expect(colorAt(COLORS.length)).toBe(COLORS[0]);
  });
});
