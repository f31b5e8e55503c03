import { expect, it, vi } from "vitest";
import { Editor } from "../core/editor";
import { SEARCHED, tally } from "../core/review";
import type { DrawnLabel, Label } from "../core/types";
import { box } from "../dev/fixtures";
import { smallOntology } from "../dev/scene";
import { doubtOf } from "../sync/doubt";
import { Aid, type AidOptions, likelihood, taken } from "./aid";
import { decodeEvidence } from "./decode";
import { factsOf } from "./facts";

const WBC = {
  id: "w",
  name: "WBC",
  shape: "bounding_box",
  color: "#fff",
  attributes: [],
  template: null,
  archived: false,
} as const;
const editorWith = (...labels: Label[]) =>
  new Editor({ width: 800, height: 600 }, { ...smallOntology, objects: [...smallOntology.objects, WBC] }, labels);

const near = (more: object) => ({
  label: "n",
  class: "WBC",
  distance: 0.1,
  atlas_url: "/a.webp",
  x: 96,
  y: 0,
  size: 96,
  ...more,
});
const seen = {
  class: "WBC",
  confidence: 0.91,
  shape: "bounding_box",
  geometry: { x: 12, y: 10, width: 50, height: 40 },
  model: "detector",
};
const row = (id: string, p: number, more: object = {}) => ({
  id,
  label: id,
  class: "RBC",
  p_error: p,
  calibrated: true,
  kind: "wrong_class",
  evidence: "It looks like WBC.",
  model_label: seen,
  neighbours: [near({}), near({ label: "m", atlas_url: null })],
  ...more,
});
const place = { x: 300, y: 300, width: 40, height: 40 };
const hole = (id: string, p: number, geometry: object = place) => ({
  ...row(id, p),
  label: null,
  shape: "bounding_box",
  kind: "missing",
  geometry,
  model_label: { class: "RBC", confidence: 0.8, model: "detector" },
});
const answer = {
  route_reason: { reason: "Ranked first.", facts: { mistakenness: 0.9 } },
  metrics: { mistakenness: 0.9 },
  labels: [row("a", 0.83), row("b", 0.1, { model_label: null, kind: null })],
  missing: [hole("m1", 0.4, { ...place, x: 500 }), hole("m2", 0.7), hole("m3", 0.9, { nonsense: 1 })],
};

async function atWork(options: Partial<AidOptions> = {}) {
  const editor = editorWith(box("a", 10, 10, 50, 40), box("b", 200, 200, 50, 40));
  const reports: DrawnLabel[] = [];
  const o: AidOptions = {
    editor,
    ask: async () => answer,
    told: { reason: null, metrics: null },
    later: false,
    pending: () => [],
    advance: vi.fn(),
    report(label) {
      reports.push(label);
      editor.judge("Mark as missing", {
        key: "r",
        verdict: {
          id: "r",
          label: null,
          verdict: "rejected",
          kind: "missing",
          class: label.class,
          geometry: label,
          reason: "",
          elapsedMs: 0,
        },
      });
      return "r";
    },
    repaint: () => undefined,
    ...options,
  };
  const aid = new Aid(o);
  await aid.ask();
  return { aid, editor, reports, o };
}

it("decodes what can be shown and leaves out what cannot", () => {
  const { vocabulary } = editorWith();
  const { labels, missing } = decodeEvidence(answer, vocabulary);
  const a = labels.get("a");
  expect(a?.seen?.label).toMatchObject({ id: "a", shape: "bounding_box", geometry: seen.geometry });
  expect(a?.near).toEqual([{ key: "n", class: "WBC", crop: { url: "/a.webp", x: 96, y: 0, size: 96 } }]);
  expect(missing.map(({ id }) => id)).toEqual(["m2", "m1"]);
  expect([...decodeEvidence({}, vocabulary).labels, ...decodeEvidence(null, vocabulary).missing]).toEqual([]);
});

it("says a chance in words", async () => {
  const { aid } = await atWork();
  expect([aid.clueOf("a"), aid.clueOf("b"), aid.open[0]].map((clue) => clue && likelihood(clue))).toEqual([
    "0.83 likely wrong",
    "0.10 chance of being wrong",
    "0.70 likely missing",
  ]);
  expect([aid.kindOf("a"), aid.kindOf("b")]).toEqual(["wrong_class", null]);
});

it("takes the model's label as one undoable edit that says whose it is", async () => {
  const { aid, editor, o } = await atWork();
  editor.set({ focus: "b" });
  aid.answer("take");
  expect(editor.history.canUndo).toBe(false);
  editor.set({ focus: "a" });
  const before = editor.scene.get("a");
  editor.set({ readOnly: true });
  aid.answer("take");
  expect(editor.scene.get("a")).toBe(before);
  editor.set({ readOnly: false });
  aid.answer("take");
  const now = editor.scene.get("a");
  expect(editor.vocabulary.nameOf(now as DrawnLabel)).toBe("WBC");
  expect(now).toMatchObject({ geometry: seen.geometry, origin: { kind: "model", model: "detector", edited: false } });
  expect(aid.clueOf("a")).toBeNull();
  editor.undo();
  expect(editor.scene.get("a")).toBe(before);
  expect(aid.clueOf("a")?.p).toBe(0.83);
  expect(vi.mocked(o.advance).mock.calls.length).toBeLessThanOrEqual(1);
});

it("keeps answers where the class stays, and takes nothing that is there already", async () => {
  const { aid, editor } = await atWork();
  const clue = aid.clueOf("a");
  if (!clue?.seen?.label) throw new Error("no clue");
  const same: DrawnLabel = { ...clue.seen.label, attributes: { kind: "monocyte" } };
  expect(taken(same, clue, editor)).toBeNull();
  expect(taken({ ...same, geometry: place } as DrawnLabel, clue, editor)?.attributes).toEqual({ kind: "monocyte" });
});

it("walks what may be missing: nothing there, reported, added, and back by undo", async () => {
  const { aid, editor, reports } = await atWork();
  aid.walk(1);
  expect(aid.missing?.id).toBe("m2");
  aid.walk(-1);
  expect(aid.missing?.id).toBe("m1");
  expect(aid.answer("approve")).toBe(true);
  expect(aid.missing?.id).toBe("m2");
  aid.answer("reject");
  expect(reports).toMatchObject([{ geometry: place }]);
  expect(aid.open).toEqual([]);
  editor.undo();
  expect(aid.open.map(({ id }) => id)).toEqual(["m2"]);
  aid.walk(1);
  const count = editor.scene.size;
  aid.answer("take");
  expect(editor.scene.size).toBe(count + 1);
  expect(aid.open).toEqual([]);
  expect(aid.answer("approve")).toBe(false);
});

it("does not ask again about what was answered before a reload", async () => {
  const { aid, editor } = await atWork();
  editor.put("Add", { ...box("new", 0, 0, 1, 1), geometry: place } as DrawnLabel);
  expect(aid.open.map(({ id }) => id)).toEqual(["m1"]);
});

it("comes to what may be missing after the last label, once", async () => {
  let waiting = ["a"];
  const { aid, editor } = await atWork({ pending: () => waiting });
  editor.set({ focus: "a" });
  editor.set({ focus: null });
  await Promise.resolve();
  expect(aid.missing).toBeNull();
  waiting = [];
  for (const at of ["m2", undefined]) {
    editor.set({ focus: "a" });
    editor.set({ focus: null });
    await Promise.resolve();
    expect(aid.missing?.id).toBe(at);
  }
});

it("shows nothing before one's own word where the stage says so", async () => {
  let waiting = ["a", "b"];
  const { aid } = await atWork({ later: true, told: { reason: "x", metrics: null }, pending: () => waiting });
  expect([aid.clueOf("a"), aid.open.length, aid.silent]).toEqual([null, 0, true]);
  waiting = ["b"];
  expect(aid.clueOf("a")?.p).toBe(0.83);
  expect(aid.clueOf("b")).toBeNull();
  waiting = [];
  expect([aid.open.length, aid.silent]).toEqual([2, false]);
});

it("without evidence does and shows nothing", async () => {
  const { aid, editor } = await atWork({ ask: async () => Promise.reject(new Error("404")) });
  expect([aid.clueOf("a"), aid.open, aid.answer("approve"), aid.answer("reject")]).toEqual([null, [], false, false]);
  aid.walk(1);
  expect(aid.missing).toBeNull();
  expect(editor.history.canUndo).toBe(false);
});

it("orders by chance and counts the whole image as no missing object", () => {
  const doubt = doubtOf({ labels: { a: 0.2, b: 0.9 } });
  expect([doubt("a"), doubt("b"), doubt("c"), doubtOf(null)("a")]).toEqual([0.2, 0.9, 0, 0]);
  const word = {
    id: SEARCHED,
    label: null,
    verdict: "approved",
    kind: null,
    class: null,
    geometry: null,
    reason: "",
    elapsedMs: 0,
  } as const;
  expect(tally([{ ...word, mode: "exhaustive" }])).toEqual({ approved: 0, rejected: 0, missing: 0 });
});

it("reasons are spoken, a sentence first", () => {
  expect(factsOf({ fact: "mistakenness", op: ">=", value: 0.7 })).toEqual([
    { name: "", value: "mistakenness ≥ 0.700" },
  ]);
  expect(factsOf({ router: "risk", design: "condition", route: "id", facts: { label_count: 3 }, labels: {} })).toEqual([
    { name: "router", value: "risk" },
    { name: "label count", value: "3" },
  ]);
  expect(factsOf({ facts: { p_error: 0.5 }, reason: "Ranked first." })[0]).toEqual({
    name: "",
    value: "Ranked first.",
  });
  expect(factsOf(null)).toEqual([]);
});
