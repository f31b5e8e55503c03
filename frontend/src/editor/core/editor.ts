/**
 * The editor without a screen: document (labels, verdicts), history, and the state of the moment. Tools, panels and keys act through it;
 * canvases and panels listen to it. Nothing here knows React, the DOM or the network.
 */

import { createStore, type StoreApi } from "zustand/vanilla";
import { type Box, union } from "./geometry";
import { type Change, type Command, History } from "./history";
import { compile, type Item } from "./item";
import { notes } from "./notes";
import { Vocabulary } from "./ontology";
import { Scene } from "./scene";
import { INITIAL, type State, type ToolName } from "./state";
import { byHand, type DrawnKind, type DrawnLabel, type Label, type Ontology, type Verdict } from "./types";
import { fitted, kept, type Size, type View, zoomed } from "./view";

type CommitListener = (command: Command) => void;

/** The tools that make a shape; the first is taken when a class is armed and the one in hand does not fit. */
export const TOOLS_OF: Partial<Record<DrawnKind, readonly ToolName[]>> = {
  bounding_box: ["box", "segment"],
  rotatable_bounding_box: ["segment"],
  polygon: ["polygon", "segment"],
  keypoint: ["keypoint"],
  bitmask: ["brush", "segment"],
};
export const makes = (tool: ToolName, shape: DrawnKind | undefined): boolean =>
  shape !== undefined && (TOOLS_OF[shape]?.includes(tool) ?? false);

/** A label is shown at eight screen pixels for one of the image at most, or twice as large as the fitted image. */
const CLOSE = 8;

export class Editor {
  readonly vocabulary: Vocabulary;
  readonly scene: Scene;
  readonly history = new History();
  readonly store: StoreApi<State>;
  /** Verdicts of this visit, by label id or, for missing objects, by their own. */
  readonly verdicts = new Map<string, Verdict>();
  /** What labels were when they were last reviewed, drawn dashed below what they are. */
  ghosts: readonly Item[] = [];
  /** Objects that the reviewer found missing, drawn like ghosts. */
  readonly missing = new Map<string, Item>();
  /** When set, what is drawn goes there instead of into the labels: a reviewer shows what is missing. */
  capture: ((label: DrawnLabel) => void) | null = null;
  /** Labels that stand rejected from an earlier round. */
  flagged: ReadonlySet<string> = new Set();
  private readonly commits = new Set<CommitListener>();

  constructor(
    readonly image: Size,
    ontology: Ontology,
    labels: readonly Label[] = [],
  ) {
    this.vocabulary = new Vocabulary(ontology);
    this.scene = new Scene((ref) => this.vocabulary.object(ref)?.template ?? null);
    this.store = createStore<State>(() => INITIAL);
    this.scene.load(labels);
    this.scene.onChange(() => this.touch());
    const first = this.vocabulary.usable.find((c) => TOOLS_OF[c.shape]);
    if (first) this.set({ armed: first.id });
  }

  get state(): State {
    return this.store.getState();
  }
  set(part: Partial<State>): void {
    this.store.setState(part);
  }
  say(text: string, tone: "plain" | "warning" = "plain"): void {
    this.set({ notice: { text, tone, at: Date.now() } });
  }

  // Document

  /** Does it, remembers it and tells those who save. */
  commit(name: string, changes: readonly Change[]): void {
    const real = changes.filter((c) => c.before !== c.after);
    if (!real.length) return;
    const command: Command = { name, changes: real };
    this.history.push(command);
    this.perform(command);
  }

  put(name: string, ...labels: readonly Label[]): void {
    this.commit(
      name,
      labels.map((label) => {
        const before = this.scene.get(label.id) ?? null;
        return { kind: "label", id: label.id, before, after: byHand(before, label) };
      }),
    );
  }

  /** What a drawing tool made. */
  drawn(name: string, label: DrawnLabel): void {
    if (this.capture) this.capture(label);
    else this.put(name, label);
  }

  remove(name: string, ids: readonly string[]): void {
    this.commit(
      name,
      ids.flatMap((id) => {
        const before = this.scene.get(id);
        return before ? [{ kind: "label" as const, id, before, after: null }] : [];
      }),
    );
  }

  judge(name: string, ...entries: readonly { readonly key: string; readonly verdict: Verdict | null }[]): void {
    this.commit(
      name,
      entries.map(({ key, verdict }) => ({
        kind: "verdict",
        id: key,
        before: this.verdicts.get(key) ?? null,
        after: verdict,
      })),
    );
  }

  undo(): boolean {
    return this.frozen(this.history.last()) ? false : this.replay(this.history.undo(), notes.undone);
  }
  redo(): boolean {
    return this.frozen(this.history.next()) ? false : this.replay(this.history.redo(), notes.redone);
  }

  /** Labels that may only be looked at are not changed by undo either; verdicts and issues are. */
  private frozen(command: Command | undefined): boolean {
    return this.state.readOnly && (command?.changes.some((c) => c.kind === "label") ?? false);
  }

  /** Takes what others changed: shown, but neither undoable nor saved again. */
  absorb(changes: readonly { readonly id: string; readonly after: Label | null }[]): void {
    if (!changes.length) return;
    this.scene.apply(changes);
    this.prune();
  }

  onCommit(listener: CommitListener): () => void {
    this.commits.add(listener);
    return () => this.commits.delete(listener);
  }

  // What is in hand

  get selected(): Label[] {
    return this.state.selection.flatMap((id) => this.scene.get(id) ?? []);
  }

  select(ids: readonly string[]): void {
    const selection = ids.filter((id) => this.scene.get(id));
    this.set({ selection, vertex: null });
  }

  use(tool: ToolName): void {
    if (tool !== "select" && this.state.readOnly && !this.capture) return;
    if (tool !== "select" && !makes(tool, this.vocabulary.object(this.state.armed)?.shape)) {
      const fitting = this.vocabulary.usable.find((c) => makes(tool, c.shape));
      if (!fitting) {
        this.say(notes.noClassFor(tool), "warning");
        return;
      }
      this.set({ armed: fitting.id });
    }
    this.set(tool === "select" ? { tool } : { tool, selection: [], vertex: null, hover: null });
  }

  /** Makes a class the one in hand; the tool in hand stays where it can draw it. */
  arm(classId: string): void {
    const found = this.vocabulary.object(classId),
      { tool: held } = this.state,
      tool = found && (makes(held, found.shape) ? held : TOOLS_OF[found.shape]?.[0]);
    if (!found) return;
    this.set({ armed: found.id, recent: [found.id, ...this.state.recent.filter((id) => id !== found.id)].slice(0, 8) });
    if (tool) this.use(tool);
    else this.say(notes.noTool(found.name), "warning");
  }

  /** Gives the selection another class of the same shape; answers false where nothing selected has that shape. */
  reclassify(classId: string): boolean {
    const found = this.vocabulary.object(classId);
    const fitting = this.selected.filter(
      (l) => l.shape === found?.shape && this.vocabulary.object(l.class)?.id !== found.id,
    );
    if (!found || !this.selected.some((l) => l.shape === found.shape) || this.state.readOnly) return false;
    if (fitting.length) this.put("Change class", ...fitting.map((l) => ({ ...l, class: found.id, attributes: {} })));
    this.set({ armed: found.id });
    return true;
  }

  /** A new label of the class in hand. */
  draft<S extends DrawnKind>(
    id: string,
    shape: S,
    geometry: Extract<DrawnLabel, { shape: S }>["geometry"],
  ): DrawnLabel | null {
    const found = this.vocabulary.object(this.state.armed);
    return found?.shape === shape ? ({ id, class: found.id, shape, geometry, attributes: {} } as DrawnLabel) : null;
  }

  // View

  setView(view: View): void {
    this.set({ view: kept(view, this.image, this.state.port) });
  }

  zoom(factor: number, sx = this.state.port.width / 2, sy = this.state.port.height / 2): void {
    const least = Math.min(0.05, fitted(this.bounds, this.state.port).k / 2);
    this.setView(zoomed(this.state.view, factor, sx, sy, least));
  }

  get bounds(): Box {
    return { minX: 0, minY: 0, maxX: this.image.width, maxY: this.image.height };
  }
  fit(): void {
    this.setView(fitted(this.bounds, this.state.port));
  }

  /** Brings labels into the middle, filling that share of the view, but never so close that nothing else is seen. */
  show(ids: readonly string[], share = 0.6): void {
    const items = ids.flatMap((id) => this.scene.item(id) ?? []);
    const [first, ...rest] = items;
    if (first) this.frame(rest.reduce<Box>(union, first), share);
  }

  frame(box: Box, share: number): void {
    const whole = fitted(this.bounds, this.state.port).k;
    this.setView(fitted(box, this.state.port, share, Math.max(CLOSE, 2 * whole)));
  }

  touch(): void {
    this.set({ version: this.state.version + 1 });
  }

  private replay(command: Command | null, note: (name: string) => string): boolean {
    if (!command) return false;
    this.perform(command);
    this.say(note(command.name));
    return true;
  }

  private perform(command: Command): void {
    const labels: { id: string; after: Label | null }[] = [];
    for (const change of command.changes) {
      if (change.kind === "label") labels.push(change);
      else if (change.kind === "verdict") {
        if (change.after) this.verdicts.set(change.id, change.after);
        else this.verdicts.delete(change.id);
        if (change.after?.geometry) this.missing.set(change.id, compile(change.after.geometry));
        else this.missing.delete(change.id);
      }
    }
    if (labels.length) this.scene.apply(labels);
    this.prune();
    this.touch();
    for (const listener of this.commits) listener(command);
  }

  /** Nothing that is gone stays selected. */
  private prune(): void {
    const { selection, hover, focus } = this.state;
    if (selection.some((id) => !this.scene.get(id)))
      this.set({ selection: selection.filter((id) => this.scene.get(id)), vertex: null });
    if (hover && !this.scene.get(hover)) this.set({ hover: null });
    if (focus && !this.scene.get(focus)) this.set({ focus: null });
  }
}
