import { describe, expect, it } from "vitest";
import { box, editorWith, HeadlessEditor } from "../dev/fixtures";

const hand = (...labels: Parameters<typeof editorWith>) => new HeadlessEditor(editorWith(...labels));

describe("the box tool", () => {
  it("draws by drag and by two clicks, and stays armed", () => {
    const h = hand();
    h.editor.use("box");
    h.drag(10, 10, 60, 40);
    expect(h.last?.geometry).toEqual({ x: 10, y: 10, width: 50, height: 30 });
    h.click(100, 100);
    expect(h.editor.state.drawing).toBe(true);
    h.click(140, 160);
    expect(h.last?.geometry).toEqual({ x: 100, y: 100, width: 40, height: 60 });
    expect([h.editor.state.tool, h.editor.state.drawing, h.editor.scene.size]).toEqual(["box", false, 2]);
  });

  it("ignores what lies below, keeps inside the image and drops slips of the hand", () => {
    const h = hand(box("a", 0, 0, 300, 300));
    h.editor.use("box");
    h.drag(100, 100, 900, 700);
    expect(h.last?.geometry).toEqual({ x: 100, y: 100, width: 700, height: 500 });
    h.click(20, 20).click(40, 21);
    expect([h.editor.scene.size, h.editor.state.notice?.tone]).toEqual([2, "warning"]);
  });

  it("cancels, and makes a box without a pointer", () => {
    const h = hand();
    h.editor.use("box");
    h.click(10, 10);
    h.toolbox.cancel();
    h.click(50, 50);
    h.toolbox.cancel();
    expect(h.editor.scene.size).toBe(0);
    h.toolbox.key("close");
    expect(h.last?.geometry).toEqual({ x: 340, y: 240, width: 120, height: 120 });
    expect(h.editor.state.selection).toEqual([h.last?.id]);
  });
});

describe("the polygon tool", () => {
  it("closes at its first corner, by Enter and by a double click", () => {
    const h = hand();
    h.editor.use("polygon");
    h.click(10, 10).click(90, 10).click(90, 90).click(11, 11);
    h.click(210, 10).click(290, 10).click(290, 90);
    h.toolbox.key("close");
    h.click(410, 10).click(490, 10).click(490, 90).click(490, 90, { count: 2 });
    expect(h.editor.scene.list().map((l) => (l.shape === "polygon" ? l.geometry.polygons[0]?.[0]?.length : 0))).toEqual(
      [3, 3, 3],
    );
    expect(h.editor.history.canUndo).toBe(true);
  });

  it("takes corners back, and refuses to cross itself while that can be mended", () => {
    const h = hand();
    h.editor.use("polygon");
    h.click(10, 10).click(90, 90).click(90, 10).click(10, 90);
    h.toolbox.key("close");
    expect([h.editor.scene.size, h.editor.state.drawing]).toEqual([0, true]);
    h.toolbox.key("back");
    h.toolbox.key("close");
    expect(h.editor.scene.size).toBe(1);
  });

  it("follows a hand that keeps the button down", () => {
    const h = hand();
    h.editor.use("polygon");
    h.drag(100, 100, 300, 100);
    h.click(200, 250);
    h.toolbox.key("close");
    expect(h.last?.shape === "polygon" && (h.last.geometry.polygons[0]?.[0]?.length ?? 0)).toBe(6);
  });
});

it("the keypoint tool puts a point where the press ends", () => {
  const h = hand();
  h.editor.use("keypoint");
  h.drag(10, 10, 30.004, 40);
  expect(h.last?.geometry).toEqual({ x: 30, y: 40 });
});

describe("the select tool", () => {
  it("moves as one command, within the image", () => {
    const h = hand(box("a", 10, 10, 40, 40));
    h.drag(30, 30, 0, 60);
    expect(h.editor.scene.get("a")?.geometry).toEqual({ x: 0, y: 40, width: 40, height: 40 });
    expect(h.editor.state.held).toEqual([]);
    h.editor.undo();
    expect(h.editor.scene.get("a")?.geometry).toEqual({ x: 10, y: 10, width: 40, height: 40 });
    expect(h.editor.history.canUndo).toBe(false);
  });

  it("resizes by a handle, and puts back what the server would refuse", () => {
    const h = hand(box("a", 100, 100, 80, 80));
    h.click(140, 140).drag(180, 180, 220, 200);
    expect(h.editor.scene.get("a")?.geometry).toEqual({ x: 100, y: 100, width: 120, height: 100 });
    h.drag(220, 150, 100, 150);
    expect(h.editor.scene.get("a")?.geometry).toEqual({ x: 100, y: 100, width: 120, height: 100 });
    expect(h.editor.state.notice?.tone).toBe("warning");
  });

  it("adds and removes vertices with Alt", () => {
    const h = hand({
      id: "p",
      class: "nucleus",
      shape: "polygon",
      geometry: {
        polygons: [
          [
            [
              [100, 100],
              [300, 100],
              [300, 300],
              [100, 300],
            ],
          ],
        ],
      },
      attributes: {},
    });
    const corners = () => {
      const l = h.editor.scene.get("p");
      return l?.shape === "polygon" ? l.geometry.polygons[0]?.[0]?.length : 0;
    };
    h.click(200, 200).click(200, 101, { alt: true });
    expect(corners()).toBe(5);
    h.click(200, 101, { alt: true });
    expect(corners()).toBe(4);
  });

  it("selects by click, Shift and frame, and clears on empty ground", () => {
    const h = hand(box("a", 10, 10, 40, 40), box("b", 100, 10, 40, 40), box("c", 300, 300, 40, 40));
    h.click(30, 30).click(120, 30, { shift: true });
    expect(h.editor.state.selection).toEqual(["a", "b"]);
    h.click(30, 30);
    expect(h.editor.state.selection).toEqual(["a"]);
    h.drag(200, 200, 1, 1);
    expect(h.editor.state.selection.toSorted()).toEqual(["a", "b"]);
    h.click(500, 500);
    expect(h.editor.state.selection).toEqual([]);
  });

  it("nudges the selection, or the chosen vertex alone", () => {
    const h = hand(box("a", 10, 10, 40, 40));
    h.click(30, 30);
    h.toolbox.select.nudge(1, 0);
    h.toolbox.select.stepVertex(1);
    h.toolbox.select.nudge(0, 10);
    expect(h.editor.scene.get("a")?.geometry).toEqual({ x: 11, y: 20, width: 40, height: 30 });
  });

  it("does nothing to labels that may only be looked at", () => {
    const h = hand(box("a", 10, 10, 40, 40));
    h.editor.set({ readOnly: true });
    h.drag(30, 30, 100, 100);
    h.editor.use("box");
    expect([h.editor.scene.get("a")?.geometry, h.editor.state.tool, h.editor.state.selection]).toEqual([
      { x: 10, y: 10, width: 40, height: 40 },
      "select",
      ["a"],
    ]);
  });
});

describe("under every tool", () => {
  it("the middle button pans, the wheel zooms where it points, and a second finger drops what was begun", () => {
    const h = hand();
    h.editor.use("box");
    h.toolbox.down(h.at(100, 100, { button: 1 }));
    h.toolbox.move(h.at(130, 90));
    h.toolbox.up(h.at(130, 90));
    expect(h.editor.state.view).toEqual({ x: 30, y: -10, k: 1 });
    const before = (130 - h.editor.state.view.x) / h.editor.state.view.k;
    h.toolbox.glide(2, 130, 90, 0, 0);
    expect((130 - h.editor.state.view.x) / h.editor.state.view.k).toBeCloseTo(before);
    h.toolbox.down(h.at(10, 10));
    h.toolbox.abort();
    expect(h.editor.state.drawing).toBe(false);
  });

  it("what a reviewer draws as missing is no label", () => {
    const h = hand(),
      seen: unknown[] = [];
    h.editor.set({ readOnly: true });
    h.editor.capture = (label) => seen.push(label.shape);
    h.editor.use("box");
    h.drag(10, 10, 60, 40);
    expect([seen, h.editor.scene.size]).toEqual([["bounding_box"], 0]);
  });
});

it("digits arm a class with its tool, or change the selection", () => {
  const h = hand(box("a", 10, 10, 40, 40));
  h.editor.arm("nucleus");
  expect(h.editor.state.tool).toBe("polygon");
  h.editor.use("select");
  h.click(30, 30);
  expect(h.editor.reclassify("nucleus")).toBe(false);
  expect(h.editor.reclassify("RBC")).toBe(true);
  expect(h.editor.history.canUndo).toBe(false);
});
