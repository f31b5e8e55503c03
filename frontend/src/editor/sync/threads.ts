/** Pinned issues: opening, answering, settling. Opening and settling are in the history like everything else one does by hand. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Editor } from "../core/editor";
import type { Command } from "../core/history";
import type { Issue, TaskPort } from "./port";

type Run = (work: () => Promise<void>) => Promise<void>;

export class Threads {
  readonly store: StoreApi<{ readonly issues: readonly Issue[] }> = createStore(() => ({ issues: [] }));

  constructor(
    private readonly port: TaskPort,
    private readonly task: string,
    private readonly editor: Editor,
    private readonly run: Run,
  ) {
    editor.onCommit((command) => this.replay(command));
  }

  async refresh(): Promise<void> {
    this.store.setState({ issues: await this.port.issues(this.task) });
  }

  open(pin: { x: number; y: number; label: string | null; text: string }): Promise<void> {
    return this.change(async () => {
      const { id } = await this.port.openIssue(this.task, pin);
      this.editor.commit("Pin an issue", [{ kind: "issue", id, before: "absent", after: "open" }]);
    });
  }

  answer(issue: Issue, text: string): Promise<void> {
    return this.change(() => this.port.comment(this.task, issue.id, text));
  }

  settle({ id }: Issue, resolved: boolean): Promise<void> {
    return this.change(async () => {
      await this.port.setResolved(this.task, id, resolved);
      const [before, after] = resolved ? (["open", "resolved"] as const) : (["resolved", "open"] as const);
      this.editor.commit(resolved ? "Resolve the issue" : "Reopen the issue", [{ kind: "issue", id, before, after }]);
    });
  }

  private change(work: () => Promise<void>): Promise<void> {
    return this.run(async () => {
      await work();
      await this.refresh();
    });
  }

  /** Undo and redo: what was pinned cannot be unpinned, so it is settled instead. */
  private replay(command: Command): void {
    for (const change of command.changes) {
      const known = change.kind === "issue" && this.store.getState().issues.find((i) => i.id === change.id);
      if (!known || change.kind !== "issue") continue;
      const resolved = change.after !== "open";
      if (known.resolved !== resolved) void this.change(() => this.port.setResolved(this.task, change.id, resolved));
    }
  }
}
