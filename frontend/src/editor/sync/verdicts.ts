/**
 * Sending verdicts. Each waits a moment, so that taking the last one back costs nothing; one that was already sent cannot be unsaid,
 * so its label must be judged anew before the review can be finished.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Editor } from "../core/editor";
import type { Command } from "../core/history";
import type { Verdict } from "../core/types";
import { nextSeq, type OutboxStore } from "./outbox";
import { asFailure, type Failure, type TaskPort } from "./port";

const REST_MS = 2500;
const RETRY_MS = 5000;

export interface Waiting {
  readonly seq: number;
  readonly key: string;
  readonly verdict: Verdict;
}
export interface VerdictState {
  readonly waiting: number;
  readonly failure: Failure | null;
  readonly withdrawn: ReadonlySet<string>;
}

export class VerdictQueue {
  readonly store: StoreApi<VerdictState> = createStore<VerdictState>(() => ({
    waiting: 0,
    failure: null,
    withdrawn: new Set(),
  }));
  private waiting: Waiting[] = [];
  private readonly sent = new Map<string, string>();
  private flight: Promise<boolean> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: () => void;

  constructor(
    private readonly port: TaskPort,
    private readonly outbox: OutboxStore,
    private readonly editor: Editor,
    private readonly task: string,
    private readonly scope: string,
    /** Labels are saved before a verdict speaks of them. */
    private readonly labelsSaved: () => Promise<boolean>,
  ) {
    this.stop = editor.onCommit((command) => this.record(command));
  }

  close(): void {
    this.stop();
    clearTimeout(this.timer);
  }

  /** Verdicts that an earlier visit of this person already sent or left waiting. */
  restore(sent: readonly { key: string; id: string }[], waiting: readonly Waiting[]): void {
    for (const { key, id } of sent) this.sent.set(key, id);
    this.waiting.push(...waiting);
    this.show();
    if (waiting.length) this.schedule(0);
  }

  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.waiting.length) {
      this.flight ??= this.sendFirst().finally(() => {
        this.flight = null;
      });
      if (!(await this.flight)) return false;
    }
    return true;
  }

  private record(command: Command): void {
    const before = this.waiting;
    for (const change of command.changes) {
      if (change.kind !== "verdict") continue;
      const gone = this.waiting.filter((w) => w.key === change.id);
      if (gone.length)
        void this.outbox
          .drop(
            this.scope,
            gone.map((w) => w.seq),
          )
          .catch(() => undefined);
      this.waiting = this.waiting.filter((w) => w.key !== change.id);
      if (!change.after || this.sent.get(change.id) === change.after.id) continue;
      const entry = { seq: nextSeq(), key: change.id, verdict: change.after };
      this.waiting = [...this.waiting, entry];
      void this.outbox
        .add(this.scope, [{ seq: entry.seq, at: Date.now(), kind: "verdict", id: change.id, verdict: change.after }])
        .catch(() => undefined);
    }
    if (before !== this.waiting) this.schedule(REST_MS);
    this.show();
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  private async sendFirst(): Promise<boolean> {
    const [first] = this.waiting;
    if (!first) return true;
    if (!(await this.labelsSaved())) return false;
    try {
      await this.port.judge(this.task, first.verdict);
    } catch (error) {
      const failure = asFailure(error);
      this.store.setState({ failure });
      if (failure.kind === "network" || failure.kind === "busy") this.schedule(failure.retryAfterMs ?? RETRY_MS);
      return false;
    }
    this.sent.set(first.key, first.verdict.id);
    this.waiting = this.waiting.filter((w) => w !== first);
    await this.outbox.drop(this.scope, [first.seq]).catch(() => undefined);
    this.store.setState({ failure: null });
    this.show();
    return true;
  }

  private show(): void {
    const withdrawn = new Set(
      [...this.sent.keys()].filter((key) => !this.editor.verdicts.has(key) && this.editor.scene.get(key)),
    );
    this.store.setState({ waiting: this.waiting.length, withdrawn });
  }
}
