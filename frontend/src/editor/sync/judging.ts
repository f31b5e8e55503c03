/** What a review begins with: the order of labels, what stood rejected, what was there before, and the verdicts already given. */
import type { Editor } from "../core/editor";
import { compile, type Item } from "../core/item";
import { judgingOrder, type PastVerdict, SEARCHED, standingVerdicts, toJudge } from "../core/review";
import type { DrawnLabel } from "../core/types";
import { doubtOf } from "./doubt";
import type { Loaded } from "./load";
import type { Waiting } from "./verdicts";

/** Marks and ghosts for either mode; answers the label ids to judge, in order, for a review. */
export function prepareJudging(editor: Editor, loaded: Loaded, mode: "annotate" | "review"): string[] {
  const { task, labels, past, changes } = loaded;
  const earlier = mode === "review" ? past.filter((v) => v.round < task.round) : past;
  const rejected = [...standingVerdicts(earlier).values()].filter((v) => v.verdict === "rejected");
  editor.flagged = new Set(rejected.flatMap((v) => (v.label && editor.scene.get(v.label) ? [v.label] : [])));
  editor.ghosts =
    mode === "review"
      ? changes.flatMap((c) => (c.before && c.before.shape !== "classification" ? [compile(c.before)] : []))
      : past.flatMap((v) => ghostOf(editor, v, task.round - 1));
  if (mode !== "review") return [];
  const judged = toJudge(labels.labels, task.round, new Set(changes.map((c) => c.id)), earlier);
  const drawn = task.drawn && new Set(task.drawn);
  const shown = labels.labels.filter((l) => judged.has(l.id) && (!drawn || drawn.has(l.id)));
  return judgingOrder(shown, doubtOf(task.metrics), (id) => editor.scene.item(id));
}

/** The reviewer's own words of this round, from the server and from the outbox, put where they show. */
export function ownVerdicts(editor: Editor, { task, past, person, waiting }: Loaded) {
  const own = past.filter((v) => v.round === task.round && !v.superseded && !v.implicit && v.reviewerId === person);
  const sent: { key: string; id: string }[] = [];
  const edited: string[] = [];
  for (const v of own) {
    if (v.source === "edit") {
      if (v.label) edited.push(v.label);
      continue;
    }
    const key = v.mode ? SEARCHED : (v.label ?? v.id);
    const geometry = v.label ? null : drawnOf(editor, v);
    editor.verdicts.set(key, {
      id: v.id,
      label: v.label,
      verdict: v.verdict,
      kind: null,
      class: null,
      geometry,
      reason: v.reason,
      elapsedMs: 0,
      ...(v.mode && { mode: v.mode }),
    });
    if (geometry) editor.missing.set(key, compile(geometry));
    sent.push({ key, id: v.id });
  }
  const left: Waiting[] = [];
  for (const e of waiting) {
    if (e.kind !== "verdict") continue;
    editor.verdicts.set(e.id, e.verdict);
    if (e.verdict.geometry) editor.missing.set(e.id, compile(e.verdict.geometry));
    left.push({ seq: e.seq, key: e.id, verdict: e.verdict });
  }
  return { sent, waiting: left, edited };
}

/** A missing object as it was drawn; null when its class or shape is no longer known. */
function drawnOf(editor: Editor, v: PastVerdict): DrawnLabel | null {
  const found = v.class ? editor.vocabulary.object(v.class) : undefined;
  if (!found || !v.geometry) return null;
  const label = { id: v.id, class: found.id, shape: found.shape, geometry: v.geometry, attributes: {} } as DrawnLabel;
  try {
    compile(label);
    return label;
  } catch {
    return null;
  }
}

/** What a reviewer drew as missing, shown to the annotator as what should be there. */
function ghostOf(editor: Editor, v: PastVerdict, round: number): Item[] {
  const label = v.label === null && v.round === round ? drawnOf(editor, v) : null;
  return label ? [compile(label)] : [];
}
