import { describe, expect, it } from "vitest";
import { actionFor, chordOf, Dispatcher, type KeyPress, type Situation } from "./dispatch";
import { clashes, ROWS } from "./keymap";

const press = (key: string, more: Partial<KeyPress> = {}) => ({
  key,
  code: `Key${key.toUpperCase()}`,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  repeat: false,
  ...more,
});
const situation = (more: Partial<Situation> = {}): Situation => ({
  contexts: ["annotate", "canvas", "editor"],
  overrides: {},
  singleKeys: true,
  ...more,
});

describe("chords", () => {
  it("spell what the table says", () => {
    expect(chordOf(press("B"))).toBe("b");
    expect(chordOf(press("Z", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+z");
    expect(chordOf(press("z", { metaKey: true }))).toBe("Ctrl+z");
    expect(chordOf(press("?", { shiftKey: true, code: "Slash" }))).toBe("?");
    expect(chordOf(press("{", { shiftKey: true, code: "BracketLeft" }))).toBe("Shift+[");
    expect(chordOf(press("ArrowLeft", { shiftKey: true, code: "ArrowLeft" }))).toBe("Shift+ArrowLeft");
    expect(chordOf(press("&", { code: "Digit1" }))).toBe("1");
  });
});

describe("the table", () => {
  it("names every action once and no chord twice in one place", () => {
    expect(new Set(ROWS.map((r) => r.id)).size).toBe(ROWS.length);
    for (const row of ROWS)
      for (const chord of row.keys) expect(clashes(row.id, chord, {}).map((r) => r.id)).toEqual([]);
  });
});

describe("actions", () => {
  it("depend on where the keyboard is", () => {
    expect(actionFor("b", situation())?.id).toBe("tool-box");
    expect(actionFor("b", situation({ contexts: ["editor"] }))).toBeNull();
    expect(actionFor("Ctrl+Enter", situation({ contexts: ["editor"] }))?.id).toBe("submit");
    expect(actionFor("1", situation({ contexts: ["reasons", "editor"] }))?.id).toBe("reason-1");
    expect(actionFor("a", situation({ contexts: ["review", "annotate", "canvas", "editor"] }))?.id).toBe("approve");
  });

  it("follow a person's own keys, and single keys can be off", () => {
    const own = situation({ overrides: { "tool-box": "x" } });
    expect([actionFor("x", own)?.id, actionFor("b", own)]).toEqual(["tool-box", null]);
    expect(actionFor("b", situation({ singleKeys: false }))).toBeNull();
    expect(actionFor("ArrowLeft", situation({ singleKeys: false }))?.id).toBe("nudge-left");
  });

  it("that act while held start once and end once", () => {
    const heard: boolean[] = [],
      keys = new Dispatcher(
        () => ({ hide: (down) => heard.push(down) }),
        () => situation(),
      );
    expect(keys.press(press("h"))).toBe(true);
    keys.press({ ...press("h"), repeat: true });
    keys.release({ code: "KeyH" });
    keys.press(press("h"));
    keys.releaseAll();
    expect(heard).toEqual([true, false, true, false]);
    expect(keys.press(press("q"))).toBe(false);
  });
});
