/** One open task: what was loaded, who may do what, and the verbs of the panels. Everything that leaves the browser goes through here. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { Editor } from "../core/editor";
import type { Command } from "../core/history";
import { newId } from "../core/ids";
import { notes } from "../core/notes";
import { nextPending, type PastVerdict } from "../core/review";
import type { Label, Verdict } from "../core/types";
import { Assist } from "./assist";
import { Autosave } from "./autosave";
import { type Fault, missingAnswers, pointedFaults } from "./faults";
import { Heartbeat } from "./heartbeat";
import { ownVerdicts, prepareJudging } from "./judging";
import { type Loaded, warm } from "./load";
import type { LabelEntry } from "./outbox";
import { asFailure, type Draft, type Failure } from "./port";
import { Threads } from "./threads";
import { unsentEntries } from "./unsent";
import { VerdictQueue } from "./verdicts";

export interface SessionState {
  readonly holds: boolean;
  readonly mode: "annotate" | "review";
  readonly busy: string | null;
  readonly failure: Failure | null;
  readonly faults: readonly Fault[];
  /** Work of an earlier visit that was never confirmed. */
  readonly unsent: { readonly count: number; readonly at: number } | null;
  readonly past: readonly PastVerdict[];
  readonly askEmpty: boolean;
  /** Label ids to be judged in this round, in order. */
  readonly order: readonly string[];
}

export type Leave = (task: string | null) => void;

export class Session {
  readonly editor: Editor;
  readonly autosave: Autosave;
  readonly verdicts: VerdictQueue;
  readonly threads: Threads;
  readonly assist: Assist;
  readonly store: StoreApi<SessionState>;
  private heartbeat: Heartbeat | null = null;
  private token: number | null;
  private key = newId();
  private leftover: readonly LabelEntry[] = [];
  private readonly drafts: Draft[] = [];
  /** Labels that the reviewer changed in this visit, or whose change stands from before a reload. */
  private readonly mended = new Set<string>();

  constructor(
    readonly loaded: Loaded,
    private readonly leave: Leave,
  ) {
    const { task, ontology, labels, port, outbox, scope } = loaded;
    this.editor = new Editor({ width: task.unit.width, height: task.unit.height }, ontology, labels.labels);
    this.token = task.claim?.token ?? null;
    const holds = task.claim !== null && !loaded.elsewhere;
    const mode = task.stageType === "review" || task.stageType === "expert_review" ? "review" : "annotate";
    this.autosave = new Autosave(
      {
        port,
        outbox,
        editor: this.editor,
        task: task.id,
        scope,
        token: () => this.token,
        reload: () => port.labels(task.id, ontology),
      },
      labels,
    );
    this.verdicts = new VerdictQueue({
      port,
      outbox,
      editor: this.editor,
      task: task.id,
      scope,
      token: () => this.token,
      labelsSaved: () => this.autosave.flush(),
    });
    this.store = createStore<SessionState>(() => ({
      holds,
      mode,
      busy: null,
      failure: null,
      faults: [],
      unsent: null,
      past: loaded.past,
      askEmpty: false,
      order: [],
    }));
    this.editor.set({ readOnly: !holds || !task.config.allowEdit });
    this.store.setState({ order: prepareJudging(this.editor, loaded, mode) });
    const own = mode === "review" ? ownVerdicts(this.editor, loaded) : { sent: [], waiting: [], edited: [] };
    this.verdicts.restore(own.sent, own.waiting);
    for (const id of own.edited) this.mended.add(id);
    if (mode === "review") this.editor.onCommit((command) => this.impliedBy(command));
    this.editor.onCommit(() => {
      if (this.state.faults.length) this.store.setState({ faults: missingAnswers(this.editor) });
    });
    this.threads = new Threads(port, task.id, this.editor, (work) => this.run("issue", work));
    this.assist = new Assist({ port, task: task.id });
    this.offerUnsent([]);
    void this.follow();
    if (holds) this.beat();
    this.autosave.store.subscribe((now, before) => {
      if (now.kind === "lost" && before.kind !== "lost") this.lost();
    });
    if (holds) void this.warmNext();
  }

  /** What is not needed to begin: issues, and labels that reached the server after a claim had ended. */
  private async follow(): Promise<void> {
    const { port, task } = this.loaded;
    void this.threads.refresh().catch(() => undefined);
    if (this.editor.state.readOnly) return;
    this.drafts.push(...(await port.drafts(task.id).catch(() => [])));
    if (this.drafts.length && !this.leftover.length) this.offerUnsent(this.drafts);
  }

  /** Only after what is on screen: the next image and its labels. */
  private async warmNext(): Promise<void> {
    const { port, task, ontology } = this.loaded;
    try {
      for (const next of await port.upcoming(task.project, task.stage))
        if (next.id !== task.id) void warm(port, next, ontology);
    } catch {
      // Whoever may not see the queue opens the next task without a head start.
    }
  }

  /** Leaving sends what still waits; what cannot be sent stays in the outbox. The tab's lock goes last. */
  close(): void {
    void this.heartbeat?.beat();
    this.heartbeat?.close();
    const sending = [this.autosave.flush(), this.verdicts.flush()];
    this.autosave.close();
    this.verdicts.close();
    void Promise.allSettled(sending).then(() => this.loaded.release());
  }

  get task() {
    return this.loaded.task;
  }
  get state(): SessionState {
    return this.store.getState();
  }
  /** Whether the server is asked what speaks against the labels: never for whoever only annotated here. */
  get seesEvidence(): boolean {
    const { metrics, routeReason } = this.task;
    return this.state.mode === "review" && (this.state.holds || metrics !== null || routeReason !== null);
  }
  get dirty(): boolean {
    return this.autosave.waiting > 0 || this.verdicts.store.getState().waiting > 0;
  }
  may(action: string): boolean {
    return this.state.holds && (!this.task.allowed.length || this.task.allowed.includes(action));
  }

  // Unsent work

  applyUnsent(): void {
    const mine = new Map<string, Label | null>();
    for (const entry of this.leftover) mine.set(entry.id, entry.mine);
    this.editor.absorb([...mine].map(([id, after]) => ({ id, after })));
    this.autosave.resume(this.leftover);
    this.forgetUnsent();
  }

  async discardUnsent(): Promise<void> {
    const { outbox, scope } = this.loaded;
    const seqs = this.leftover.map((e) => e.seq);
    this.forgetUnsent();
    await outbox.drop(scope, seqs);
  }

  private forgetUnsent(): void {
    const { port, task } = this.loaded;
    for (const draft of this.drafts.splice(0)) void port.dropDraft(task.id, draft.id).catch(() => undefined);
    this.leftover = [];
    this.store.setState({ unsent: null });
  }

  /** After a lost claim: asks for this very task again and sends what was kept. */
  async claimAgain(): Promise<void> {
    await this.run("claim", async () => {
      const { port, task } = this.loaded,
        next = await port.claimNext(task.project, task.stage, task.id);
      if (!next?.claim) return this.editor.say(notes.taken, "warning");
      this.token = next.claim.token;
      this.store.setState({ holds: true, failure: null });
      this.editor.set({ readOnly: !next.config.allowEdit });
      this.beat();
      // What the server kept as a draft is what was just sent.
      if (await this.autosave.retry())
        for (const draft of await port.drafts(task.id)) await port.dropDraft(task.id, draft.id);
    });
  }

  // Ending a visit

  async submit(verifiedEmpty = false): Promise<void> {
    const faults = missingAnswers(this.editor);
    this.store.setState({ faults, askEmpty: false });
    if (faults.length) return;
    if (!this.editor.scene.size && !verifiedEmpty) return this.store.setState({ askEmpty: true });
    await this.end("submit", verifiedEmpty ? { verified_empty: true } : {});
  }

  /** Approves or rejects the task as the verdicts say; unjudged labels are approved with it, unless the stage wants a word on each. */
  async finish(outcome: "approve" | "reject", comment = ""): Promise<void> {
    const { strict } = this.task.config,
      [first] = strict ? this.pending() : [];
    if (first) {
      this.focus(first);
      return this.editor.say(notes.everyLabel, "warning");
    }
    if (strict) this.vouch();
    await this.end(outcome, comment ? { comment } : {});
  }

  skip(reason: string): Promise<void> {
    return this.end("skip", { reason });
  }
  escalate(reason: string): Promise<void> {
    return this.end("escalate", { reason });
  }

  async release(): Promise<void> {
    await this.run("release", async () => {
      await this.settle();
      await this.loaded.port.act(this.task.id, "release", this.withToken({}), this.key);
      this.leave(null);
    });
  }

  /** To the previous or next of one's own open tasks of the project; what waits is saved first, the claim stays. */
  async turn(by: 1 | -1): Promise<void> {
    await this.run("turn", async () => {
      const { port, task } = this.loaded;
      if (this.state.holds) await this.settle();
      const own = await port.own(task.project),
        at = own.findIndex(({ id }) => id === task.id),
        next = own[at < 0 ? (by > 0 ? 0 : own.length - 1) : (at + by + own.length) % own.length];
      if (!next || next.id === task.id) return this.editor.say(notes.onlyTask);
      const open = next.held || (await port.claimNext(task.project, next.stage, next.id));
      if (!open) return this.editor.say(notes.gone, "warning");
      this.leave(next.id);
    });
  }

  // Reviewing

  pending(): string[] {
    return this.state.order.filter((id) => this.isPending(id));
  }

  private isPending(id: string): boolean {
    return !this.editor.verdicts.has(id) && !this.mended.has(id) && this.editor.scene.get(id) !== undefined;
  }

  /** An edit in review says what was wrong; the server writes that down in place of an earlier word. */
  private impliedBy(command: Command): void {
    const ids = command.changes.flatMap((c) => (c.kind === "label" ? [c.id] : []));
    if (!ids.length) return;
    for (const id of ids) {
      this.mended.add(id);
      this.editor.verdicts.delete(id);
    }
    this.verdicts.supersede(ids);
    this.editor.touch();
  }

  /** Labels that the reviewer added are approved by whoever drew them: a strict stage wants a word on these too. */
  private vouch(): void {
    const known = new Set(this.loaded.labels.labels.map((l) => l.id));
    const added = this.editor.scene.list().filter((l) => !known.has(l.id) && !this.editor.verdicts.has(l.id));
    const verdict = (label: string): Verdict => ({
      id: newId(),
      label,
      verdict: "approved",
      kind: null,
      class: null,
      geometry: null,
      reason: "",
      elapsedMs: 0,
    });
    this.editor.judge("Approve own labels", ...added.map((l) => ({ key: l.id, verdict: verdict(l.id) })));
  }

  focus(id: string | null): void {
    this.editor.set({ focus: id && this.editor.scene.item(id) ? id : null });
    this.editor.select(id ? [id] : []);
    if (id) this.editor.show([id]);
  }

  advance(from: string | null): void {
    const next = nextPending(this.state.order, from, (id) => this.isPending(id));
    this.focus(next);
    if (next === null) this.editor.fit();
  }

  private offerUnsent(drafts: readonly Draft[]): void {
    this.leftover = unsentEntries(this.loaded.waiting, drafts, this.editor);
    const [first] = this.leftover;
    if (!first) return;
    // A save that was begun then would speak before the person does; its labels are in the entries.
    void this.loaded.outbox.setBatch(this.loaded.scope, null).catch(() => undefined);
    this.store.setState({ unsent: { count: new Set(this.leftover.map((e) => e.id)).size, at: first.at } });
  }

  private async settle(): Promise<void> {
    const [saved] = await Promise.all([this.autosave.flush(), this.heartbeat?.beat()]);
    if (!saved || !(await this.verdicts.flush()))
      throw (
        this.autosave.store.getState().failure ??
        this.verdicts.store.getState().failure ??
        new Error("Some changes are not saved yet.")
      );
  }

  /** One key press: save what waits, end the visit, take the next task, and be ready to show it. */
  private async end(action: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    await this.run(action, async () => {
      const { port, task, ontology } = this.loaded;
      await this.settle();
      try {
        await port.act(task.id, action, this.withToken(body), this.key);
      } catch (error) {
        const failure = asFailure(error);
        if (failure.kind !== "network") this.key = newId();
        if (failure.errors.some((e) => e.pointer.includes("verified_empty")))
          return this.store.setState({ askEmpty: true });
        this.store.setState({ faults: pointedFaults(this.editor, failure) });
        throw failure;
      }
      this.heartbeat?.close();
      this.heartbeat = null;
      const next = await port.claimNext(task.project, task.stage);
      // Labels and image are on their way while the next page is made.
      if (next) void warm(port, next, ontology);
      this.leave(next?.id ?? null);
    });
  }

  private async run(name: string, work: () => Promise<void>): Promise<void> {
    if (this.state.busy) return;
    this.store.setState({ busy: name, failure: null });
    try {
      await work();
    } catch (error) {
      const failure = asFailure(error);
      if (failure.kind === "lost") this.lost();
      this.store.setState({ failure });
      this.editor.say(failure.message, "warning");
    } finally {
      this.store.setState({ busy: null });
    }
  }

  private withToken(body: Readonly<Record<string, unknown>>) {
    return this.token === null ? body : { ...body, claim_token: this.token };
  }

  private beat(): void {
    this.heartbeat?.close();
    this.heartbeat = new Heartbeat(
      this.loaded.port,
      this.task.id,
      () => this.token,
      () => this.lost(),
    );
  }

  /** Read only from here on; what was not sent stays in the outbox. */
  private lost(): void {
    this.heartbeat?.close();
    this.heartbeat = null;
    this.store.setState({ holds: false, faults: [] });
    this.editor.set({ readOnly: true, tool: "select" });
    if (this.autosave.store.getState().kind !== "lost") this.autosave.store.setState({ kind: "lost" });
  }
}
