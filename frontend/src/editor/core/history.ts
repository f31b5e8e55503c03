/** Undo and redo as plain commands. A change names what it touches and both its states, so its inverse, its saving and its conflicts are all the same record. */
import type { Label, Verdict } from "./types";

export type IssueState = "absent" | "open" | "resolved";

export type Change =
  | { readonly kind: "label"; readonly id: string; readonly before: Label | null; readonly after: Label | null }
  | { readonly kind: "verdict"; readonly id: string; readonly before: Verdict | null; readonly after: Verdict | null }
  | { readonly kind: "issue"; readonly id: string; readonly before: IssueState; readonly after: IssueState };

export interface Command {
  readonly name: string;
  readonly changes: readonly Change[];
}

function swapped(change: Change): Change {
  switch (change.kind) {
    case "label":
      return { kind: "label", id: change.id, before: change.after, after: change.before };
    case "verdict":
      return { kind: "verdict", id: change.id, before: change.after, after: change.before };
    case "issue":
      return { kind: "issue", id: change.id, before: change.after, after: change.before };
  }
}

export const inverse = (command: Command): Command => ({
  name: command.name,
  changes: command.changes.map(swapped).reverse(),
});

export class History {
  private readonly done: Command[] = [];
  private readonly undone: Command[] = [];

  constructor(private readonly limit = 1000) {}

  push(command: Command): void {
    this.done.push(command);
    if (this.done.length > this.limit) this.done.shift();
    this.undone.length = 0;
  }

  /** What to apply to take the last command back, or null. */
  undo(): Command | null {
    const command = this.done.pop();
    if (!command) return null;
    this.undone.push(command);
    return inverse(command);
  }

  redo(): Command | null {
    const command = this.undone.pop();
    if (!command) return null;
    this.done.push(command);
    return command;
  }

  /** What an undo would take back, and a redo do again. */
  last(): Command | undefined {
    return this.done.at(-1);
  }
  next(): Command | undefined {
    return this.undone.at(-1);
  }
  get canUndo(): boolean {
    return this.done.length > 0;
  }
  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Forgets everything: after another version of the labels was taken, old commands would write over it. */
  clear(): void {
    this.done.length = this.undone.length = 0;
  }
}
