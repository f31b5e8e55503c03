/**
 * Changes that the server has not confirmed, kept in the browser before any request is made. A scope is one person at one task: on a
 * shared machine nobody is offered, or sends, another person's work.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Label, Verdict } from "../core/types";

export type Entry =
  | {
      readonly seq: number;
      readonly at: number;
      readonly kind: "label";
      readonly id: string;
      readonly base: Label | null;
      readonly mine: Label | null;
    }
  | {
      readonly seq: number;
      readonly at: number;
      readonly kind: "verdict";
      readonly id: string;
      readonly verdict: Verdict;
    };

export type LabelEntry = Extract<Entry, { kind: "label" }>;

/** A save that was begun: repeated word for word, under the same key, until it is answered. */
export interface Batch {
  readonly key: string;
  readonly etag: string | null;
  readonly upto: number;
  readonly upsert: readonly Label[];
  readonly delete: readonly string[];
}

export interface OutboxStore {
  add(scope: string, entries: readonly Entry[]): Promise<void>;
  /** In the order they were made. */
  list(scope: string): Promise<readonly Entry[]>;
  drop(scope: string, seqs: readonly number[]): Promise<void>;
  batch(scope: string): Promise<Batch | null>;
  setBatch(scope: string, batch: Batch | null): Promise<void>;
}

export class MemoryOutbox implements OutboxStore {
  private readonly entries = new Map<string, Entry[]>();
  private readonly batches = new Map<string, Batch>();

  async add(scope: string, entries: readonly Entry[]): Promise<void> {
    this.entries.set(scope, [...(this.entries.get(scope) ?? []), ...entries]);
  }

  async list(scope: string): Promise<readonly Entry[]> {
    return [...(this.entries.get(scope) ?? [])].sort((a, b) => a.seq - b.seq);
  }

  async drop(scope: string, seqs: readonly number[]): Promise<void> {
    const gone = new Set(seqs);
    this.entries.set(
      scope,
      (this.entries.get(scope) ?? []).filter((e) => !gone.has(e.seq)),
    );
  }

  async batch(scope: string): Promise<Batch | null> {
    return this.batches.get(scope) ?? null;
  }

  async setBatch(scope: string, batch: Batch | null): Promise<void> {
    if (batch) this.batches.set(scope, batch);
    else this.batches.delete(scope);
  }
}

interface Schema extends DBSchema {
  entries: { key: [string, number]; value: { scope: string; entry: Entry; seq: number }; indexes: { scope: string } };
  batches: { key: string; value: { scope: string; batch: Batch } };
}

const NAME = "lapidary-outbox";

export class IdbOutbox implements OutboxStore {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(name = NAME): Promise<IdbOutbox> {
    return new IdbOutbox(
      await openDB<Schema>(name, 1, {
        upgrade(db) {
          db.createObjectStore("entries", { keyPath: ["scope", "seq"] }).createIndex("scope", "scope");
          db.createObjectStore("batches", { keyPath: "scope" });
        },
      }),
    );
  }

  async add(scope: string, entries: readonly Entry[]): Promise<void> {
    const tx = this.db.transaction("entries", "readwrite");
    await Promise.all([...entries.map((entry) => tx.store.put({ scope, seq: entry.seq, entry })), tx.done]);
  }

  async list(scope: string): Promise<readonly Entry[]> {
    return (await this.db.getAllFromIndex("entries", "scope", scope))
      .map((row) => row.entry)
      .sort((a, b) => a.seq - b.seq);
  }

  async drop(scope: string, seqs: readonly number[]): Promise<void> {
    const tx = this.db.transaction("entries", "readwrite");
    await Promise.all([...seqs.map((seq) => tx.store.delete([scope, seq])), tx.done]);
  }

  async batch(scope: string): Promise<Batch | null> {
    return (await this.db.get("batches", scope))?.batch ?? null;
  }

  async setBatch(scope: string, batch: Batch | null): Promise<void> {
    if (batch) await this.db.put("batches", { scope, batch });
    else await this.db.delete("batches", scope);
  }
}

let opened: Promise<OutboxStore> | null = null;

/** The browser's outbox; where it has no database (some private windows), memory, and work is safe only while the page is open. */
export function openOutbox(): Promise<OutboxStore> {
  opened ??= IdbOutbox.open().catch(() => new MemoryOutbox());
  return opened;
}

let lastSeq = 0;
/** Rising, across reloads too. */
export function nextSeq(now = Date.now()): number {
  lastSeq = Math.max(lastSeq + 1, now * 1000);
  return lastSeq;
}
