import { expect, it } from "vitest";
import { box } from "../dev/fixtures";
import { compile } from "./item";
import { judgingOrder, nextPending, type PastVerdict, tally, toJudge } from "./review";
import type { DrawnLabel } from "./types";

const labels = [
  box("a", 0, 50, 5, 5, "RBC"),
  box("b", 0, 0, 5, 5, "RBC"),
  box("c", 0, 0, 5, 5, "A"),
  box("d", 0, 0, 5, 5, "Z"),
];
const said = (label: string, verdict: "approved" | "rejected", round = 1): PastVerdict => ({
  id: label,
  label,
  verdict,
  kind: null,
  reason: "",
  comment: "",
  round,
  reviewer: "",
  reviewerId: "",
  implicit: false,
  source: "explicit",
  geometry: null,
  class: null,
  superseded: false,
});

it("the least certain comes first, then one class after the other, from top to bottom", () => {
  const items = new Map(labels.map((l) => [l.id, compile(l as DrawnLabel)]));
  expect(
    judgingOrder(
      labels,
      (id) => (id === "d" ? 0.9 : 0),
      (id) => items.get(id),
    ),
  ).toEqual(["d", "c", "b", "a"]);
});

it("goes on after the label just judged, and round the end", () => {
  const pending = new Set(["a", "c"]);
  expect(nextPending(["a", "b", "c"], "a", (id) => pending.has(id))).toBe("c");
  expect(nextPending(["a", "b", "c"], "c", (id) => pending.has(id))).toBe("a");
  expect(nextPending(["a", "b"], null, () => false)).toBeNull();
});

it("a second round is about what changed or stood rejected, or was never approved", () => {
  expect([
    ...toJudge(labels, 2, new Set(["a"]), [said("a", "approved"), said("b", "rejected"), said("c", "approved")]),
  ]).toEqual(["a", "b", "d"]);
  expect(toJudge(labels, 1, new Set(), []).size).toBe(4);
});

it("counts", () => {
  const v = (label: string | null, verdict: "approved" | "rejected") => ({
    id: "x",
    label,
    verdict,
    kind: null,
    class: null,
    geometry: null,
    reason: "",
    elapsedMs: 0,
  });
  expect(tally([v("a", "approved"), v("b", "rejected"), v(null, "rejected")])).toEqual({
    approved: 1,
    rejected: 1,
    missing: 1,
  });
});
