import { describe, expect, it } from "vitest";
import { comboOf, match, type Shortcut } from "./shortcuts";

const press = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe("comboOf", () => {
  it("writes held keys in one order", () => {
    expect(comboOf(press("K", { metaKey: true }))).toBe("mod+k");
    expect(comboOf(press("A", { shiftKey: true }))).toBe("shift+a");
    expect(comboOf(press("Enter", { ctrlKey: true, shiftKey: true }))).toBe("mod+shift+enter");
  });

  it("leaves shift out where the sign already says it", () => {
    expect(comboOf(press("?", { shiftKey: true }))).toBe("?");
    expect(comboOf(press(" "))).toBe("space");
  });
});

describe("match", () => {
  const entry = (keys: string): Shortcut => ({ keys, label: keys, group: "", run: () => undefined });
  const list = [entry("q"), entry("g q"), entry("q")];

  it("prefers a sequence to a single key", () => {
    expect(match(list, "g", "q")?.keys).toBe("g q");
  });

  it("takes the newest of equal ones", () => {
    expect(match(list, "", "q")).toBe(list[2]);
    expect(match(list, "", "x")).toBeUndefined();
  });
});
