/**
 * Saving after every committed change: outbox first, a second of rest, then one request at a time.
 * 412 rebases label by label; what both changed waits for a person. A lost claim stops sending and loses nothing.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Editor } from "../core/editor";
import type { Command } from "../core/history";
import { newId } from "../core/ids";
import type { Label } from "../core/types";
import { type Conflict, folded, merge, type Pending } from "./merge";
import { type Batch, type LabelEntry, nextSeq, type OutboxStore } from "./outbox";
import { asFailure, Failure, type LabelState, type TaskPort } from "./port";

export type SaveKind = "saved" | "pending" | "saving" | "offline" | "conflict" | "lost" | "refused";
export interface SaveState {
  readonly kind: SaveKind;
  /** Changes not yet confirmed. */
  readonly waiting: number;
  readonly conflicts: readonly Conflict[];
  readonly failure: Failure | null;
}

export interface AutosaveOptions {
  readonly port: TaskPort;
  readonly outbox: OutboxStore;
  readonly editor: Editor;
  readonly task: string;
  readonly scope: string;
  readonly token: () => number | null;
  readonly reload: () => Promise<LabelState>;
  readonly debounceMs?: number;
  readonly backoffMs?: readonly number[];
}

const BACKOFF = [1000, 2000, 5000, 10_000, 20_000, 30_000] as const;

export class Autosave {
  readonly store: StoreApi<SaveState> = createStore<SaveState>(() => ({
    kind: "saved",
    waiting: 0,
    conflicts: [],
    failure: null,
  }));
  private base = new Map<string, Label>();
  private etag: string | null = null;
  revision = 0;
  private entries: LabelEntry[] = [];
  private written: Promise<unknown> = Promise.resolve();
  private flight: Promise<boolean> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private stopped = false;
  private readonly says: (label: Label) => string;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly o: AutosaveOptions,
    state: LabelState,
  ) {
    this.says = (label) => o.editor.vocabulary.canonical(label);
    this.adopt(state);
    this.unsubscribe = o.editor.onCommit((command) => this.record(command));
  }

  close(): void {
    this.stopped = true;
    this.unsubscribe();
    clearTimeout(this.timer);
  }

  get waiting(): number {
    return this.entries.length;
  }

  /** Takes up what an earlier visit left unsent; the editor already shows it. */
  resume(entries: readonly LabelEntry[]): void {
    this.entries = [...entries, ...this.entries];
    this.show("pending");
    this.schedule(0);
  }

  /** Sends all that waits; true when nothing is left. Submitting waits for it. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.entries.length && !this.halted) {
      this.flight ??= this.send().finally(() => {
        this.flight = null;
      });
      if (!(await this.flight)) return false;
    }
    return !this.entries.length;
  }

  /** Tries again after a claim was regained. */
  async retry(): Promise<boolean> {
    this.show("pending");
    return this.flush();
  }

  /** A person's choice for a label that both sides changed. */
  choose(id: string, side: "mine" | "theirs"): void {
    const conflict = this.store.getState().conflicts.find((c) => c.id === id);
    if (!conflict) return;
    if (side === "theirs") {
      this.forget(new Set([id]));
      this.o.editor.absorb([{ id, after: conflict.theirs }]);
    }
    const conflicts = this.store.getState().conflicts.filter((c) => c.id !== id);
    this.store.setState({ conflicts });
    this.show(conflicts.length ? "conflict" : "pending");
    if (!conflicts.length) this.schedule(0);
  }

  private get halted(): boolean {
    return ["conflict", "lost"].includes(this.store.getState().kind);
  }

  private record(command: Command): void {
    const entries = command.changes.flatMap((c): LabelEntry[] =>
      c.kind === "label"
        ? [{ seq: nextSeq(), at: Date.now(), kind: "label", id: c.id, base: c.before, mine: c.after }]
        : [],
    );
    if (!entries.length) return;
    this.entries.push(...entries);
    this.written = this.written.then(() => this.o.outbox.add(this.o.scope, entries)).catch(() => undefined);
    if (this.halted) {
      this.show(this.store.getState().kind);
      return;
    }
    this.show("pending");
    this.schedule(this.o.debounceMs ?? 1000);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.flush(), ms);
  }

  private async send(): Promise<boolean> {
    await this.written;
    const batch = await this.prepared();
    if (!batch) return true;
    this.show("saving");
    try {
      const saved = await this.o.port.save(
        this.o.task,
        { upsert: batch.upsert, delete: batch.delete },
        { etag: batch.etag, key: batch.key, token: this.o.token() },
      );
      await this.confirm(batch, saved.revision, saved.etag);
      return true;
    } catch (error) {
      return this.failed(asFailure(error));
    }
  }

  /** The batch that was begun before, or a new one of everything that waits. */
  private async prepared(): Promise<Batch | null> {
    const { outbox, scope } = this.o,
      begun = await outbox.batch(scope);
    if (begun) return begun;
    const upto = this.entries.at(-1)?.seq ?? 0,
      changes = this.pending();
    if (!changes.length) {
      await this.confirm({ key: "", etag: null, upto, upsert: [], delete: [] }, this.revision, this.etag);
      return null;
    }
    const batch: Batch = {
      key: newId(),
      etag: this.etag,
      upto,
      upsert: changes.flatMap((c) => c.mine ?? []),
      delete: changes.filter((c) => !c.mine).map((c) => c.id),
    };
    await outbox.setBatch(scope, batch);
    return batch;
  }

  private pending(): Pending[] {
    return folded(this.entries, this.says).map((p) => ({ ...p, base: this.base.get(p.id) ?? null }));
  }

  private async confirm(batch: Batch, revision: number, etag: string | null): Promise<void> {
    for (const label of batch.upsert) this.base.set(label.id, label);
    for (const id of batch.delete) this.base.delete(id);
    this.revision = revision;
    this.etag = etag;
    this.tries = 0;
    const done = this.entries.filter((e) => e.seq <= batch.upto);
    this.entries = this.entries.filter((e) => e.seq > batch.upto);
    await this.o.outbox.setBatch(this.o.scope, null);
    await this.o.outbox.drop(
      this.o.scope,
      done.map((e) => e.seq),
    );
    this.show(this.entries.length ? "pending" : "saved");
  }

  private async failed(failure: Failure): Promise<boolean> {
    if (failure.kind === "network" || failure.kind === "busy") {
      this.show("offline", failure);
      const waits = this.o.backoffMs ?? BACKOFF;
      this.schedule(failure.retryAfterMs ?? waits[Math.min(this.tries++, waits.length - 1)] ?? 30_000);
      return false;
    }
    await this.o.outbox.setBatch(this.o.scope, null);
    if (failure.kind === "stale") return this.rebase();
    this.show(failure.kind === "lost" ? "lost" : "refused", failure);
    return false;
  }

  private async rebase(): Promise<boolean> {
    let state: LabelState;
    try {
      state = await this.o.reload();
    } catch (error) {
      const failure = asFailure(error);
      return this.failed(failure.kind === "stale" ? new Failure("network", failure.message) : failure);
    }
    const theirs = new Map(state.labels.map((l) => [l.id, l]));
    const { absorb, conflicts, agreed } = merge(this.base, theirs, this.pending(), this.says);
    this.adopt(state);
    this.forget(new Set(agreed));
    this.o.editor.absorb(absorb);
    this.store.setState({ conflicts });
    this.show(conflicts.length ? "conflict" : this.entries.length ? "pending" : "saved");
    // Without conflicts the loop of `flush` sends again, now on their revision.
    return !conflicts.length;
  }

  private adopt(state: LabelState): void {
    this.base = new Map(state.labels.map((l) => [l.id, l]));
    this.etag = state.etag;
    this.revision = state.revision;
  }

  private forget(ids: ReadonlySet<string>): void {
    const gone = this.entries.filter((e) => ids.has(e.id)).map((e) => e.seq);
    if (!gone.length) return;
    this.entries = this.entries.filter((e) => !ids.has(e.id));
    this.written = this.written.then(() => this.o.outbox.drop(this.o.scope, gone)).catch(() => undefined);
  }

  private show(kind: SaveKind, failure: Failure | null = null): void {
    this.store.setState({ kind, failure, waiting: new Set(this.entries.map((e) => e.id)).size });
  }
}
