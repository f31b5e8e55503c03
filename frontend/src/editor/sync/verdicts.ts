/**
 * Sending verdicts, one after the other. Each waits a moment, so that taking the last one back costs nothing; one that was already sent is
 * taken back on the server too.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Editor } from "../core/editor";
import type { Command } from "../core/history";
import type { Verdict } from "../core/types";
import { nextSeq, type OutboxStore } from "./outbox";
import { asFailure, type Failure, type TaskPort } from "./port";

const REST_MS = 2500;
const RETRY_MS = 5000;

/** `verdict` null: the one sent before under this key is taken back. */
export interface Waiting {
  readonly seq: number;
  readonly key: string;
  readonly verdict: Verdict | null;
}
export interface VerdictState {
  readonly waiting: number;
  readonly failure: Failure | null;
}

export interface VerdictOptions {
  readonly port: TaskPort;
  readonly outbox: OutboxStore;
  readonly editor: Editor;
  readonly task: string;
  readonly scope: string;
  readonly token: () => number | null;
  /** Labels are saved before a verdict speaks of them. */
  readonly labelsSaved: () => Promise<boolean>;
}

export class VerdictQueue {
  readonly store: StoreApi<VerdictState> = createStore<VerdictState>(() => ({ waiting: 0, failure: null }));
  private waiting: Waiting[] = [];
  /** The server's ids of what stands, by key. */
  private readonly sent = new Map<string, string>();
  private flight: Promise<boolean> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: () => void;

  constructor(private readonly o: VerdictOptions) {
    this.stop = o.editor.onCommit((command) => this.record(command));
  }

  close(): void {
    this.stop();
    clearTimeout(this.timer);
  }

  /** What an earlier visit of this person already sent, and what it left waiting. */
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

  /** An edit speaks for itself: the server records what it implies in place of what was said before. */
  supersede(keys: readonly string[]): void {
    for (const key of keys) {
      this.unqueue(key);
      this.sent.delete(key);
    }
    this.show();
  }

  private record(command: Command): void {
    let touched = false;
    for (const change of command.changes) {
      if (change.kind !== "verdict") continue;
      touched = true;
      this.unqueue(change.id);
      if (!change.after && !this.sent.has(change.id)) continue;
      // Without a label nothing on the server takes the place of what stands: said again before it was taken back, it stands.
      if (change.after?.label === null && this.sent.has(change.id)) continue;
      const entry = { seq: nextSeq(), key: change.id, verdict: change.after };
      this.waiting = [...this.waiting, entry];
      if (change.after) this.keep(entry.seq, change.id, change.after);
    }
    if (!touched) return;
    this.schedule(REST_MS);
    this.show();
  }

  private keep(seq: number, id: string, verdict: Verdict): void {
    const { outbox, scope } = this.o;
    void outbox.add(scope, [{ seq, at: Date.now(), kind: "verdict", id, verdict }]).catch(() => undefined);
  }

  private unqueue(key: string): void {
    const gone = this.waiting.filter((w) => w.key === key).map((w) => w.seq);
    if (!gone.length) return;
    this.waiting = this.waiting.filter((w) => w.key !== key);
    void this.o.outbox.drop(this.o.scope, gone).catch(() => undefined);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  private async sendFirst(): Promise<boolean> {
    const [first] = this.waiting,
      { port, task, outbox, scope, token } = this.o;
    if (!first) return true;
    if (!(await this.o.labelsSaved())) return false;
    try {
      const before = this.sent.get(first.key);
      if (first.verdict) this.sent.set(first.key, await port.judge(task, first.verdict, token()));
      else if (before) {
        await port.takeBack(task, before);
        this.sent.delete(first.key);
      }
    } catch (error) {
      const failure = asFailure(error);
      this.store.setState({ failure });
      if (failure.kind === "network" || failure.kind === "busy") this.schedule(failure.retryAfterMs ?? RETRY_MS);
      return false;
    }
    this.waiting = this.waiting.filter((w) => w !== first);
    await outbox.drop(scope, [first.seq]).catch(() => undefined);
    this.store.setState({ failure: null });
    this.show();
    return true;
  }

  private show(): void {
    this.store.setState({ waiting: this.waiting.length });
  }
}
