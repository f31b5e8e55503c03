import { describe, expect, it } from "vitest";
import { bitsOf } from "../core/item";
import type { Label } from "../core/types";
import { editorWith, HeadlessEditor } from "../dev/fixtures";
import { candidate, Oracle } from "../dev/prompts";

const saved: Label = {
  id: "a",
  class: "stain",
  shape: "bitmask",
  geometry: candidate(100, 100, 60, 60).geometry,
  attributes: {},
  origin: { kind: "model", model: "SAM vit_b", edited: false },
};

function set(...labels: Label[]) {
  const oracle = new Oracle(),
    h = new HeadlessEditor(editorWith(...labels), oracle);
  h.editor.arm("stain");
  h.editor.set({ brush: { radius: 10, erase: false } });
  return { h, editor: h.editor, oracle };
}
const item = (h: HeadlessEditor, id: string) => {
  const found = h.editor.scene.item(id);
  if (!found?.mask) throw new Error("no mask");
  return { ...found, set: bitsOf(found.mask).reduce((n, b) => n + b, 0) };
};

describe("the brush", () => {
  it("is what a class of masks is armed with, and stays with the assistant once that is taken", () => {
    const { h, editor } = set();
    expect(editor.state.tool).toBe("brush");
    h.toolbox.use("segment");
    editor.arm("RBC");
    editor.arm("stain");
    expect(editor.state.tool).toBe("segment");
  });

  it("paints one mask by many strokes, one step each, until Enter", () => {
    const { h, editor } = set();
    h.drag(100, 100, 200, 100);
    const id = h.last?.id ?? "";
    expect(item(h, id)).toMatchObject({ minX: 90, maxX: 210, minY: 90, maxY: 110 });
    h.drag(150, 100, 150, 200);
    expect([editor.scene.size, item(h, id).maxY]).toEqual([1, 210]);
    editor.undo();
    expect(item(h, id).maxY).toBe(110);
    h.drag(100, 100, 60, 100);
    expect([item(h, id).minX, item(h, id).maxY]).toEqual([50, 110]);
    h.toolbox.key("close");
    h.click(400, 400);
    expect(editor.scene.size).toBe(2);
  });

  it("mends the selected mask: paints, and erases with the eraser or Alt, holes too", () => {
    const { h, editor } = set(saved);
    h.toolbox.use("select");
    h.click(130, 130);
    h.toolbox.use("brush");
    const before = item(h, "a").set;
    h.click(130, 130, { alt: true });
    expect(item(h, "a").set).toBeLessThan(before - 250);
    expect(editor.scene.hit(130, 130, 0)).toBeNull();
    h.click(170, 130);
    expect(item(h, "a").maxX).toBe(180);
    expect(editor.scene.get("a")?.origin).toMatchObject({ kind: "model", edited: true });
    editor.undo();
    editor.undo();
    expect(editor.scene.get("a")).toEqual(saved);
  });

  it("erases from whatever mask is below; what is erased as a whole is gone", () => {
    const { h, editor } = set(saved);
    h.toolbox.brush.swap();
    h.click(500, 500);
    expect([editor.state.notice?.tone, editor.scene.size]).toEqual(["plain", 1]);
    editor.set({ brush: { radius: 60, erase: true } });
    h.drag(100, 130, 160, 130);
    expect(editor.scene.size).toBe(0);
    editor.undo();
    expect(editor.scene.get("a")).toEqual(saved);
  });

  it("begins another mask with another class, and cancels a stroke in the middle", () => {
    const { h, editor } = set(saved);
    h.toolbox.down(h.at(300, 300));
    h.toolbox.move(h.at(340, 300));
    expect(editor.state.drawing).toBe(true);
    h.toolbox.abort();
    expect([editor.scene.size, editor.state.drawing, editor.state.veiled]).toEqual([1, false, null]);
    h.click(300, 300);
    expect(item(h, h.last?.id ?? "")).toMatchObject({ minX: 290, maxX: 310 });
  });

  it("draws a straight line to a Shift-click, and a disc where there is no pointer", () => {
    const { h } = set();
    h.click(100, 100).click(200, 100, { shift: true });
    expect(item(h, h.last?.id ?? "")).toMatchObject({ minX: 90, maxX: 210, maxY: 110 });
    h.toolbox.key("close");
    h.toolbox.key("close");
    expect(item(h, h.last?.id ?? "")).toMatchObject({ minX: 390, maxX: 410, minY: 290 });
  });

  it("hands what was just painted to the assistant", () => {
    const { h, editor, oracle } = set();
    h.click(100, 100);
    h.toolbox.use("segment");
    expect(oracle.last?.seed).toEqual({ mask: h.last?.geometry });
    expect(editor.state.proposal.refining).toBe(true);
  });

  it("grows and shrinks within reason", () => {
    const { h, editor } = set();
    for (let i = 0; i < 60; i++) h.toolbox.brush.resize(1);
    expect(editor.state.brush.radius).toBe(200);
    for (let i = 0; i < 60; i++) h.toolbox.brush.resize(-1);
    expect(editor.state.brush.radius).toBe(0.5);
  });
});
