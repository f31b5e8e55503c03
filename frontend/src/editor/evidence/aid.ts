/**
 * Evidence at work on one open task: which clue is in view, what the model's label would make of the person's, and the walk through objects
 * that may be missing. Without evidence it does and shows nothing, so that a task judged blind looks like any other.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Editor } from "../core/editor";
import { newId } from "../core/ids";
import { unanswered } from "../core/ontology";
import type { Pen } from "../core/pen";
import type { DrawnLabel, Label, Origin, ReasonKind } from "../core/types";
import { type Clue, decodeEvidence, type Evidence, NO_EVIDENCE } from "./decode";
import { sketch } from "./ink";

export interface AidState {
  readonly evidence: Evidence;
  /** The missing object in view. */
  readonly at: string | null;
}

export interface AidOptions {
  readonly editor: Editor;
  /** The server's answer, as it came. */
  readonly ask: () => Promise<unknown>;
  /** What the task itself told. */
  readonly told: Pick<Evidence, "reason" | "metrics">;
  /** Evidence comes label by label, once one's own word stands, and of the task when all are judged. */
  readonly later: boolean;
  /** Label ids that wait for a word, in order. */
  readonly pending: () => readonly string[];
  readonly advance: (from: string | null) => void;
  /** Reports an object as missing; answers under which key that stands. */
  readonly report: (label: DrawnLabel) => string;
  readonly repaint: () => void;
}

export const aidNotes = {
  nothingMissing: "Nothing more seems to be missing.",
  missing: (name: string, at: number, of: number) => `${name}: may be missing, ${at} of ${of}`,
  nothingToTake: "No model offers another label here.",
  readOnly: "This stage does not let you edit: reject it instead.",
  taken: (name: string) => `Taken from the model: ${name}`,
  asksMore: (name: string) => `Taken from the model. ${name} asks for more: T walks the questions.`,
  nothingThere: "Nothing there.",
} as const;

const LIKELY = 0.5;
const spokenP = (p: number): string => p.toFixed(2);

/** "0.83 likely wrong"; of what is probably right, the chance that it is not. */
export const likelihood = ({ p, label }: Clue): string =>
  label === null
    ? `${spokenP(p)} likely missing`
    : p >= LIKELY
      ? `${spokenP(p)} likely wrong`
      : `${spokenP(p)} chance of being wrong`;

export const named = ({ class: name, confidence }: { class: string; confidence: number | null }): string =>
  confidence === null ? name : `${name} ${confidence.toFixed(2)}`;

const originOf = (model: string | null): { origin: Origin } | undefined =>
  model ? { origin: { kind: "model", model, prompts: null, edited: false } } : undefined;

/** The label as the model has it: its class, place and shape; answers stay where the class does. Null where there is nothing to take. */
export function taken(label: Label, { seen }: Clue, editor: Editor): DrawnLabel | null {
  if (!seen?.label || label.shape === "classification") return null;
  const same = editor.vocabulary.object(label.class)?.id === seen.label.class;
  if (same && JSON.stringify(label.geometry) === JSON.stringify(seen.label.geometry)) return null;
  return { ...seen.label, id: label.id, attributes: same ? label.attributes : {}, ...originOf(seen.model) };
}

export class Aid {
  readonly store: StoreApi<AidState> = createStore<AidState>(() => ({ evidence: NO_EVIDENCE, at: null }));
  /** Missing objects that were answered: with the key of the label or report made of them, or with nothing there. */
  private readonly answered = new Map<string, string | null>();
  /** Labels as they were scored: evidence speaks of these only. */
  private readonly scored: ReadonlyMap<string, Label>;
  private readonly stop: () => void;
  private asked = 0;
  private led = false;

  constructor(private readonly o: AidOptions) {
    const { editor } = o;
    if (!o.later) this.store.setState({ evidence: { ...NO_EVIDENCE, ...o.told } });
    this.scored = new Map(editor.scene.list().map((l) => [l.id, l]));
    this.stop = editor.store.subscribe((now, before) => {
      if (now.focus && now.focus !== before.focus) this.leave();
      else if (before.focus && !now.focus && !this.led && !o.pending().length && this.open.length) {
        // After the last label what may be missing comes by itself, once; whoever put the focus away has the view first.
        this.led = true;
        queueMicrotask(() => this.walk(1));
      }
    });
  }

  close(): void {
    this.stop();
    this.asked++;
  }

  /** Asks for the evidence; whatever goes wrong, judging goes on without. */
  async ask(): Promise<void> {
    const mine = ++this.asked;
    try {
      const evidence = decodeEvidence(await this.o.ask(), this.o.editor.vocabulary);
      if (mine !== this.asked) return;
      this.store.setState({ evidence });
      this.o.repaint();
    } catch {
      // What is on screen stays.
    }
  }

  /** What speaks against the label as it is now. */
  clueOf(id: string | null): Clue | null {
    const clue = id === null ? undefined : this.store.getState().evidence.labels.get(id),
      { scene } = this.o.editor;
    if (!clue || id === null || scene.get(id) === undefined || scene.get(id) !== this.scored.get(id)) return null;
    return this.o.later && this.o.pending().includes(id) ? null : clue;
  }

  /** Where evidence comes after one's own word: that on the label judged last. */
  lastJudged(): Clue | null {
    if (!this.o.later) return null;
    const keys = [...this.o.editor.verdicts.keys()].reverse();
    return keys.reduce<Clue | null>((found, key) => found ?? this.clueOf(key), null);
  }

  kindOf(id: string): ReasonKind | null {
    const clue = this.clueOf(id);
    return clue && clue.kind !== "missing" ? clue.kind : null;
  }

  /** Nothing of the task as a whole is shown yet. */
  get silent(): boolean {
    return this.o.later && this.o.pending().length > 0;
  }

  /** Missing objects without an answer, likeliest first. */
  get open(): Clue[] {
    return this.silent ? [] : this.store.getState().evidence.missing.filter((clue) => this.isOpen(clue));
  }

  get missing(): Clue | null {
    const { at, evidence } = this.store.getState();
    return evidence.missing.find((clue) => clue.id === at) ?? null;
  }

  /** What was taken back is open again; what stands at just that place from before a reload is not. */
  private isOpen({ id, seen }: Clue): boolean {
    const { scene, verdicts } = this.o.editor,
      made = this.answered.get(id);
    if (made !== undefined) return made !== null && !scene.get(made) && !verdicts.has(made);
    const place = JSON.stringify(seen?.label?.geometry),
      there = (label: DrawnLabel | null) => label !== null && JSON.stringify(label.geometry) === place;
    return !(
      seen?.item &&
      (scene.search(seen.item).some((item) => there(item.label)) ||
        [...verdicts.values()].some((v) => there(v.geometry)))
    );
  }

  walk(by: 1 | -1): void {
    const { editor } = this.o,
      { open } = this,
      from = open.findIndex((clue) => clue.id === this.store.getState().at),
      place = from < 0 ? (by > 0 ? 0 : open.length - 1) : (from + by + open.length) % open.length,
      next = open[place];
    if (!next?.seen?.item) {
      this.leave();
      editor.say(aidNotes.nothingMissing);
      return;
    }
    editor.set({ focus: null });
    editor.select([]);
    this.store.setState({ at: next.id });
    editor.frame(next.seen.item, 0.4);
    editor.say(aidNotes.missing(next.seen.class, place + 1, open.length));
    this.o.repaint();
  }

  leave(): void {
    if (this.store.getState().at !== null) this.store.setState({ at: null });
    this.o.repaint();
  }

  /** A word on the missing object in view; `take` also on the label under judgement. Answers whether it meant something here. */
  answer(word: "approve" | "reject" | "take"): boolean {
    const clue = this.missing,
      label = clue?.seen?.label;
    if (!clue || !label) {
      if (word === "take") this.take();
      return word === "take";
    }
    const { editor, report } = this.o;
    if (word === "take" && editor.state.readOnly) {
      editor.say(aidNotes.readOnly, "warning");
      return true;
    }
    if (word === "approve") this.answered.set(clue.id, null);
    else if (word === "reject") this.answered.set(clue.id, report(label));
    else {
      const made = { ...label, id: newId(), ...originOf(clue.seen?.model ?? null) };
      editor.put("Add what was missing", made);
      this.answered.set(clue.id, made.id);
      if (this.asksMore(made)) return true;
    }
    editor.touch();
    if (this.open.length) this.walk(1);
    else {
      this.leave();
      editor.fit();
      editor.say(aidNotes.nothingMissing);
    }
    return true;
  }

  private take(): void {
    const { editor, advance } = this.o,
      id = editor.state.focus ?? editor.state.selection[0] ?? null,
      label = id ? editor.scene.get(id) : undefined,
      clue = this.clueOf(id),
      next = label && clue && taken(label, clue, editor);
    if (!next || editor.state.readOnly) {
      editor.say(next ? aidNotes.readOnly : aidNotes.nothingToTake, "warning");
      return;
    }
    editor.put("Take the model's label", next);
    if (this.asksMore(next)) return;
    advance(next.id);
    editor.say(aidNotes.taken(editor.vocabulary.nameOf(next)));
  }

  /** A class with required questions keeps the hand there until they are answered. */
  private asksMore(label: DrawnLabel): boolean {
    const { editor } = this.o;
    if (!unanswered(editor.vocabulary.questionsOf(label), label.attributes).length) return false;
    this.leave();
    editor.select([label.id]);
    editor.say(aidNotes.asksMore(editor.vocabulary.nameOf(label)), "warning");
    return true;
  }

  readonly paint = (pen: Pen): void => {
    const { editor } = this.o,
      { hidden, focus, tool } = editor.state;
    if (hidden) return;
    const seen = focus ? this.clueOf(focus)?.seen : null;
    if (seen?.item && tool === "select") sketch(pen, seen.item, editor.image, named(seen));
    if (focus || tool !== "select") return;
    const { at } = this.store.getState();
    for (const clue of this.open)
      if (clue.seen?.item) sketch(pen, clue.seen.item, editor.image, clue.id === at ? named(clue.seen) : null);
  };
}
