import { describe, expect, it } from "vitest";
import { box, editorWith } from "../dev/fixtures";
import { random } from "../dev/scene";
import { History } from "./history";

describe("history", () => {
  it("any run of edits, undone, is where it began; redone, where it ended", () => {
    for (let seed = 1; seed <= 25; seed++) {
      const r = random(seed),
        editor = editorWith(box("0", 0, 0, 10, 10), box("1", 5, 5, 10, 10)),
        sorted = () => [...editor.scene.list()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const start = sorted();
      for (let i = 0; i < 40; i++) {
        const id = String(Math.floor(r() * 6)),
          known = editor.scene.get(id);
        if (known && r() < 0.3) editor.remove("Delete", [id]);
        else if (r() < 0.15) editor.undo();
        else if (r() < 0.1) editor.redo();
        else editor.put("Put", box(id, Math.floor(r() * 100), 0, 10, 10));
      }
      while (editor.redo());
      const end = sorted();
      while (editor.undo());
      expect(sorted()).toEqual(start);
      while (editor.redo());
      expect(sorted()).toEqual(end);
    }
  });

  it("an undo is a change like any other for those who save", () => {
    const editor = editorWith(),
      heard: string[] = [];
    editor.onCommit((c) =>
      heard.push(
        c.changes.map((x) => `${x.id}:${x.before === null ? "-" : "+"}${x.after === null ? "-" : "+"}`).join(),
      ),
    );
    editor.put("Put", box("a", 0, 0, 5, 5));
    editor.undo();
    editor.redo();
    expect(heard).toEqual(["a:-+", "a:+-", "a:-+"]);
  });

  it("a new change forgets what was undone, and the oldest falls off", () => {
    const history = new History(2),
      command = (name: string) => ({ name, changes: [] });
    for (const name of ["a", "b", "c"]) history.push(command(name));
    expect(history.undo()?.name).toBe("c");
    history.push(command("d"));
    expect(history.redo()).toBeNull();
    expect([history.undo()?.name, history.undo()?.name, history.undo()]).toEqual(["d", "b", null]);
  });

  it("holds verdicts too", () => {
    const editor = editorWith(box("a", 0, 0, 5, 5));
    const verdict = {
      id: "v",
      label: "a",
      verdict: "rejected",
      kind: "spurious",
      class: null,
      geometry: null,
      reason: "",
      elapsedMs: 5,
    } as const;
    editor.judge("Reject", { key: "a", verdict });
    expect(editor.verdicts.get("a")).toBe(verdict);
    editor.undo();
    expect(editor.verdicts.size).toBe(0);
  });

  it("leaves labels alone that may only be looked at", () => {
    const editor = editorWith();
    editor.put("Put", box("a", 0, 0, 5, 5));
    editor.set({ readOnly: true });
    expect([editor.undo(), editor.scene.size, editor.history.canUndo]).toEqual([false, 1, true]);
  });

  it("what others changed cannot be undone", () => {
    const editor = editorWith(box("a", 0, 0, 5, 5));
    editor.select(["a"]);
    editor.absorb([{ id: "a", after: null }]);
    expect(editor.history.canUndo).toBe(false);
    expect(editor.state.selection).toEqual([]);
  });
});
