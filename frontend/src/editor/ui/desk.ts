/** What the panels of one open task share: the session, the tools, and which dialog or question is open. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { newId } from "../core/ids";
import { SEARCHED } from "../core/review";
import { type DrawnLabel, REASONS, type ReasonKind, type Verdict } from "../core/types";
import { type Sight, sightOf, viewOf } from "../core/view";
import type { Aid } from "../evidence/aid";
import { zoomPreference } from "../sync/preferences";
import type { Session } from "../sync/session";
import { Toolbox } from "../tools/toolbox";
import { t } from "./words";

/** How the image before was left. */
let lastSight: Sight | null = null;

export interface DeskState {
  readonly dialog: "keymap" | "skip" | "escalate" | "reject" | null;
  /** The label whose rejection waits for a reason. */
  readonly asking: string | null;
  /** The reason offered first: the one that the evidence names, else the one last used. */
  readonly reason: ReasonKind;
  readonly marking: boolean;
  /** Where a new issue is being written. */
  readonly pin: { readonly x: number; readonly y: number; readonly label: string | null } | null;
  readonly openIssue: string | null;
}

/** Reasons that can be said of a label that is there. */
export const LABEL_REASONS: readonly ReasonKind[] = REASONS.filter((r) => r !== "missing");

export class Desk {
  readonly toolbox: Toolbox;
  readonly store: StoreApi<DeskState> = createStore<DeskState>(() => ({
    dialog: null,
    asking: null,
    reason: LABEL_REASONS[0] as ReasonKind,
    marking: false,
    pin: null,
    openIssue: null,
  }));
  /** Evidence at work, once its part of the program is loaded. */
  aid: Aid | null = null;
  /** The canvas region, to give the keyboard back to. */
  region: HTMLElement | null = null;
  private usual = LABEL_REASONS[0] as ReasonKind;
  private since = performance.now();

  constructor(readonly session: Session) {
    this.toolbox = new Toolbox(session.editor, session.assist);
    session.editor.store.subscribe((now, before) => {
      if (now.focus !== before.focus) this.since = performance.now();
    });
  }

  close(): void {
    const { view, port } = this.editor.state;
    if (port.width) lastSight = sightOf(view, this.editor.image, port);
    this.toolbox.close();
    this.session.close();
  }

  /** Once the canvas has its size: as the image before was left, where the person wants that. */
  recall(): void {
    const { port } = this.editor.state;
    if (lastSight && port.width && zoomPreference.getState().keep)
      this.editor.setView(viewOf(lastSight, this.editor.image, port));
  }

  get editor() {
    return this.session.editor;
  }
  set(part: Partial<DeskState>): void {
    this.store.setState(part);
  }
  home(): void {
    this.region?.focus({ preventScroll: true });
  }

  /** The label that a verdict would be about: the one in focus, or the one selected. */
  get subject(): string | null {
    const { focus, selection } = this.editor.state;
    return focus ?? selection[0] ?? null;
  }

  approve(): void {
    if (this.aid?.answer("approve")) return;
    const id = this.subject;
    if (!id) {
      this.session.advance(null);
      return;
    }
    this.editor.judge("Approve", { key: id, verdict: this.verdict(id, "approved", null) });
    this.session.advance(id);
  }

  askReason(): void {
    if (this.aid?.answer("reject")) return;
    const id = this.subject;
    if (id) this.set({ asking: id, reason: this.aid?.kindOf(id) ?? this.usual });
    else this.session.advance(null);
  }

  reject(kind: ReasonKind, reason = ""): void {
    const id = this.store.getState().asking;
    if (!id) return;
    this.usual = kind;
    this.set({ asking: null, reason: kind });
    this.editor.judge("Reject", { key: id, verdict: { ...this.verdict(id, "rejected", kind), reason } });
    this.session.advance(id);
  }

  approveRest(): void {
    const rest = this.session.pending();
    this.editor.judge(
      "Approve the rest",
      ...rest.map((id) => ({ key: id, verdict: this.verdict(id, "approved", null) })),
    );
    this.session.focus(null);
    this.editor.fit();
  }

  get searched(): boolean {
    return this.editor.verdicts.has(SEARCHED);
  }

  /** The word that the whole image was searched, or taking it back. */
  search(on: boolean): void {
    const verdict = { ...this.verdict(null, "approved", null), mode: "exhaustive" as const };
    this.editor.judge("Searched the whole image", { key: SEARCHED, verdict: on ? verdict : null });
  }

  /** Takes the last verdict back and looks at its label again; edits in between stay. */
  undoVerdict(): void {
    const last = this.editor.history.last()?.changes[0];
    if (last?.kind === "verdict") {
      this.editor.undo();
      this.session.focus(last.id);
      return;
    }
    const key = [...this.editor.verdicts.keys()].at(-1);
    if (!key) return;
    this.editor.judge("Take the verdict back", { key, verdict: null });
    this.session.focus(key);
  }

  /** Between Enter and Esc, what is drawn is not a label but a word about one that is not there. */
  mark(on: boolean): void {
    const { editor } = this;
    this.set({ marking: on });
    editor.capture = on ? (label) => void this.missing(label) : null;
    if (!on) {
      editor.use("select");
      return;
    }
    editor.set({ focus: null });
    const armed = editor.state.armed;
    if (armed) editor.arm(armed);
    editor.say(t("missingHint"));
  }

  /** Answers under which key the report stands. */
  missing(label: DrawnLabel): string {
    const id = newId();
    this.editor.judge("Mark as missing", {
      key: id,
      verdict: { ...this.verdict(null, "rejected", "missing"), id, class: label.class, geometry: label },
    });
    this.editor.say(t("missingDone"));
    return id;
  }

  private verdict(label: string | null, verdict: Verdict["verdict"], kind: ReasonKind | null): Verdict {
    const elapsedMs = Math.round(performance.now() - this.since);
    this.since = performance.now();
    return { id: newId(), label, verdict, kind, class: null, geometry: null, reason: "", elapsedMs };
  }

  /** Where an issue goes: under the pointer, else on the selected label, else in the middle of the view. */
  startIssue(): void {
    const { view, port, selection } = this.editor.state,
      item = selection[0] ? this.editor.scene.item(selection[0]) : undefined;
    const middle = [(port.width / 2 - view.x) / view.k, (port.height / 2 - view.y) / view.k] as const;
    const [x, y] = this.toolbox.pointer ?? (item ? [(item.minX + item.maxX) / 2, (item.minY + item.maxY) / 2] : middle);
    this.set({ pin: { x: Math.round(x), y: Math.round(y), label: selection[0] ?? null }, openIssue: null });
  }
}
