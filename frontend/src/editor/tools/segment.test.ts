import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Label } from "../core/types";
import { box, editorWith, HeadlessEditor } from "../dev/fixtures";
import { answer, candidate, Oracle } from "../dev/prompts";

function set(classId: string, ...labels: Label[]) {
  const oracle = new Oracle(),
    h = new HeadlessEditor(editorWith(...labels), oracle);
  h.editor.arm(classId);
  h.toolbox.use("segment");
  return { h, oracle, editor: h.editor, key: (k: "close" | "back") => h.toolbox.key(k) };
}
const mask = (id: string): Label => ({
  id,
  class: "stain",
  shape: "bitmask",
  geometry: candidate(100, 100, 40, 40).geometry,
  attributes: { a: "b" },
});

describe("prompts", () => {
  it("clicks add, with Alt or the switch they take away, a drag is a box that clicks refine", () => {
    const { h, oracle, editor } = set("stain");
    h.click(50, 60);
    expect(oracle.last?.points).toEqual([{ x: 50, y: 60, label: 1 }]);
    h.click(70, 60, { alt: true });
    editor.set({ subtract: true });
    h.click(90, 60).click(95, 60, { alt: true });
    expect(oracle.last?.points.map((p) => p.label)).toEqual([1, 0, 0, 1]);
    h.drag(10, 10, 110, 90);
    expect([oracle.last?.box, oracle.last?.points.length]).toEqual([{ x: 10, y: 10, width: 100, height: 80 }, 4]);
    expect([editor.state.drawing, editor.scene.size]).toEqual([true, 0]);
  });

  it("go on from what the model saw, unless another candidate was looked at", () => {
    const { h, oracle } = set("stain");
    h.click(50, 60);
    expect(oracle.last?.token).toBe("");
    oracle.say(answer([candidate(40, 40, 30, 30), candidate(40, 40, 60, 60)]));
    h.click(70, 60);
    expect(oracle.last?.token).toBe("t1");
    oracle.say(answer([candidate(40, 40, 30, 30), candidate(40, 40, 60, 60)]));
    h.toolbox.segment.cycle(1);
    h.click(71, 61);
    expect(oracle.last?.token).toBe("");
  });

  it("are taken back one by one, and dropped as a whole before the tool is", () => {
    const { h, oracle, editor, key } = set("stain");
    h.click(50, 60).click(70, 60);
    key("back");
    expect(oracle.last?.points).toHaveLength(1);
    key("back");
    expect([editor.state.proposal.stage, editor.state.drawing, oracle.waits]).toEqual(["idle", false, false]);
    expect(key("back")).toBe(false);
    h.click(50, 60);
    h.toolbox.cancel();
    expect(editor.state.tool).toBe("segment");
    h.toolbox.cancel();
    expect(editor.state.tool).toBe("select");
  });

  it("stay inside the image, and a slip of the hand is no box", () => {
    const { h, oracle, editor } = set("stain");
    h.drag(700, 500, 900, 700);
    expect(oracle.last?.box).toEqual({ x: 700, y: 500, width: 100, height: 100 });
    h.drag(10, 10, 60, 11);
    expect([oracle.asked.length, editor.state.notice?.tone]).toEqual([1, "warning"]);
  });

  it("need no pointer: Enter asks about the middle of the view", () => {
    const { oracle, key } = set("stain");
    key("close");
    expect(oracle.last?.points).toEqual([{ x: 400, y: 300, label: 1 }]);
  });
});

describe("keeping", () => {
  it.each([
    ["stain", { size: [600, 800], counts: expect.any(String) }],
    [
      "nucleus",
      {
        polygons: [
          [
            [
              [40, 50],
              [100, 50],
              [100, 80],
              [40, 80],
            ],
          ],
        ],
      },
    ],
    ["RBC", { x: 40, y: 50, width: 60, height: 30 }],
    ["slide", { cx: 70, cy: 65, width: 60, height: 30, angle: 0 }],
  ])("makes what the class %s is made of, says how, and is one step", (classId, geometry) => {
    const { h, oracle, editor, key } = set(classId);
    h.click(50, 60);
    oracle.say(answer([candidate(40, 50, 60, 30, 0.91)]));
    key("close");
    expect(h.last?.geometry).toEqual(geometry);
    expect(h.last?.origin).toEqual({
      kind: "model",
      model: "SAM vit_b",
      prompts: { points: [{ x: 50, y: 60, label: 1 }], model_id: "m1", score: 0.91 },
      edited: false,
    });
    expect([editor.state.tool, editor.state.proposal.stage, editor.state.drawing]).toEqual(["segment", "idle", false]);
    editor.undo();
    expect(editor.scene.size).toBe(0);
  });

  it("takes the candidate on screen", () => {
    const { h, oracle, editor, key } = set("RBC");
    h.click(50, 60);
    oracle.say(answer([candidate(40, 40, 30, 30, 0.9), candidate(40, 40, 60, 60, 0.8)]));
    expect(h.toolbox.segment.cycle(1)).toBe(true);
    expect(editor.state.proposal).toMatchObject({ at: 1, of: 2, score: 0.8 });
    key("close");
    expect(h.last?.geometry).toMatchObject({ width: 60 });
  });

  it("waits for the answer when the hand was faster, but not through trouble", () => {
    const { h, oracle, editor, key } = set("RBC");
    h.click(50, 60);
    key("close");
    expect(editor.scene.size).toBe(0);
    oracle.say(answer([candidate(40, 40, 30, 30)]));
    expect(editor.scene.size).toBe(1);
    h.click(150, 60);
    key("close");
    oracle.store.setState({ trouble: { kind: "busy", detail: "", until: 1 } });
    oracle.say(answer([candidate(140, 40, 30, 30)]));
    expect([editor.scene.size, editor.state.proposal.stage]).toEqual([1, "shown"]);
  });

  it("under a class at once, which is then in hand; a class it cannot make keeps nothing", () => {
    const { h, oracle, editor } = set("RBC");
    expect(h.toolbox.give("stain")).toBe(false);
    h.click(50, 60);
    oracle.say(answer([candidate(40, 40, 30, 30)]));
    expect(h.toolbox.give("centre")).toBe(false);
    expect(h.toolbox.give("stain")).toBe(true);
    expect([h.last?.class, h.last?.shape, editor.state.armed, editor.state.tool]).toEqual([
      "stain",
      "bitmask",
      "stain",
      "segment",
    ]);
  });

  it("says when nothing was found, or nothing that the class could hold", () => {
    const { h, oracle, editor, key } = set("nucleus");
    h.click(50, 60);
    oracle.say(answer([]));
    expect(editor.state.proposal.stage).toBe("nothing");
    key("close");
    expect([editor.scene.size, editor.state.notice?.tone]).toEqual([0, "warning"]);
    h.click(52, 60);
    oracle.say(answer([{ ...candidate(40, 40, 30, 30), polygons: [] }]));
    key("close");
    expect(editor.scene.size).toBe(0);
  });

  it("asks for several boxes together and keeps all that were found as one step", () => {
    const { h, oracle, editor, key } = set("RBC");
    h.drag(10, 10, 50, 50, { shift: true })
      .drag(100, 10, 150, 50, { shift: true })
      .drag(200, 10, 250, 50, { shift: true });
    expect([oracle.asked.length, editor.state.proposal]).toEqual([
      0,
      expect.objectContaining({ stage: "boxes", boxes: 3 }),
    ]);
    key("back");
    key("close");
    expect(oracle.last?.boxes).toHaveLength(2);
    oracle.say(answer([], { answers: [answer([candidate(12, 12, 30, 30)]), answer([])] }));
    expect([editor.scene.size, editor.state.notice?.tone]).toEqual([1, "warning"]);
    expect(h.last?.origin?.prompts).toMatchObject({ box: { x: 10, y: 10, width: 40, height: 40 } });
    editor.undo();
    expect(editor.scene.size).toBe(0);
  });
});

describe("refining what is there", () => {
  function refine(label: Label) {
    const s = set("RBC", label);
    s.h.toolbox.use("select");
    s.editor.select([label.id]);
    s.h.toolbox.use("segment");
    return s;
  }

  it("asks with the label's shape, hides it below the proposal, and replaces its geometry in one step", () => {
    const { h, oracle, editor, key } = refine(mask("a"));
    expect([editor.state.armed, oracle.last?.seed]).toEqual(["stain", { mask: candidate(100, 100, 40, 40).geometry }]);
    expect(editor.state.veiled).toBeNull();
    oracle.say(answer([candidate(98, 98, 50, 50)]));
    expect(editor.state.veiled).toBe("a");
    h.click(120, 120, { alt: true });
    oracle.say(answer([candidate(98, 98, 45, 45)]));
    key("close");
    const label = editor.scene.get("a");
    expect(label).toMatchObject({ class: "stain", attributes: { a: "b" }, origin: { kind: "model", edited: true } });
    expect(label?.geometry).toEqual(candidate(98, 98, 45, 45).geometry);
    expect([editor.scene.size, editor.state.veiled]).toEqual([1, null]);
    editor.undo();
    expect(editor.scene.get("a")).toEqual(mask("a"));
  });

  it("tightens a box", () => {
    const { oracle, editor, key } = refine(box("a", 10, 10, 100, 100));
    expect(oracle.last?.box).toEqual({ x: 10, y: 10, width: 100, height: 100 });
    oracle.say(answer([candidate(22, 24, 60, 50)]));
    key("close");
    expect(editor.scene.get("a")?.geometry).toEqual({ x: 22, y: 24, width: 60, height: 50 });
  });

  it("keeps the shape, whatever class is named", () => {
    const { h, oracle, editor } = refine(mask("a"));
    oracle.say(answer([candidate(98, 98, 50, 50)]));
    h.toolbox.give("RBC");
    expect([editor.scene.get("a"), editor.state.notice?.tone]).toEqual([mask("a"), "warning"]);
  });

  it("dropping leaves the label as it was", () => {
    const { h, oracle, editor } = refine(mask("a"));
    oracle.say(answer([candidate(98, 98, 50, 50)]));
    h.toolbox.cancel();
    expect([editor.scene.get("a"), editor.state.veiled, editor.history.canUndo]).toEqual([mask("a"), null, false]);
  });
});

it("a label of a model that a hand changes says so", () => {
  const { h, oracle, editor, key } = set("RBC");
  h.click(50, 60);
  oracle.say(answer([candidate(40, 40, 30, 30)]));
  key("close");
  const { id } = h.last as Label;
  editor.select([id]);
  h.toolbox.select.nudge(1, 0);
  expect(editor.scene.get(id)?.origin).toMatchObject({ kind: "model", edited: true });
});

describe("the hover preview", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("asks once the pointer rests, only while answers are quick and nothing is begun", async () => {
    const { h, oracle } = set("stain");
    h.toolbox.move(h.at(50, 60));
    await vi.runAllTimersAsync();
    expect(oracle.peeked).toEqual([]);
    oracle.quick = true;
    h.toolbox.move(h.at(50, 60));
    h.toolbox.move(h.at(52, 60));
    await vi.runAllTimersAsync();
    expect(oracle.peeked.map((p) => p.points)).toEqual([[{ x: 52, y: 60, label: 1 }]]);
    h.click(52, 60);
    h.toolbox.move(h.at(80, 60));
    await vi.runAllTimersAsync();
    expect(oracle.peeked).toHaveLength(1);
  });
});
