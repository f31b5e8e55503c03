import { expect, it } from "vitest";
import type { Pt } from "../core/types";
import { editorWith, HeadlessEditor } from "../dev/fixtures";
import { Oracle } from "../dev/prompts";

const soon = () => new Promise((done) => setTimeout(done));
/** By a corner to the right of the straight line. */
const bend = (from: Pt, to: Pt): Pt[] => {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  return [from, [(from[0] + to[0]) / 2 + dy / 4, (from[1] + to[1]) / 2 - dx / 4], to];
};

function set() {
  const oracle = new Oracle(),
    h = new HeadlessEditor(editorWith(), oracle);
  oracle.way = bend;
  h.editor.arm("nucleus");
  h.editor.set({ wire: true });
  return { h, oracle, ring: () => (h.last?.shape === "polygon" ? h.last.geometry.polygons[0]?.[0] : undefined) };
}

it("joins clicks by the way that was found, the last edge too, and says that a hand did it", async () => {
  const { h, oracle, ring } = set();
  expect(oracle.looks).toBe(1);
  h.click(100, 100).click(200, 100).click(150, 200);
  h.toolbox.key("close");
  await soon();
  expect(ring()).toEqual([
    [100, 100],
    [150, 75],
    [200, 100],
    [200, 162.5],
    [150, 200],
    [100, 162.5],
  ]);
  expect(h.last?.origin).toMatchObject({ kind: "human", prompts: { tool: "live-wire" } });
  h.editor.undo();
  expect(h.editor.scene.size).toBe(0);
});

it("takes a whole leg back, and draws straight where there is no way", async () => {
  const { h, oracle, ring } = set();
  h.click(100, 100).click(200, 100);
  await soon();
  h.click(300, 300);
  await soon();
  h.toolbox.key("back");
  oracle.way = () => null;
  h.click(200, 200).click(100, 200);
  h.toolbox.key("close");
  await soon();
  expect(ring()).toEqual([
    [100, 100],
    [150, 75],
    [200, 100],
    [200, 200],
    [100, 200],
  ]);
});

it("offers an outline that crosses itself for mending", async () => {
  const { h, oracle } = set();
  oracle.way = () => null;
  h.click(100, 100).click(200, 200).click(200, 100).click(100, 200);
  h.toolbox.key("close");
  await soon();
  expect([h.editor.scene.size, h.editor.state.drawing]).toEqual([0, true]);
  h.toolbox.key("back");
  h.toolbox.key("close");
  await soon();
  expect(h.editor.scene.size).toBe(1);
});
