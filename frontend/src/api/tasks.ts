import { api } from "./client";
import type { BulkAnswer, BulkItem, Job, MyTask, ProjectRole, StageType, Task } from "./types";

export type BulkAction = "assign" | "priority" | "move" | "reopen" | "release";

export interface BulkRequest {
  action: BulkAction;
  tasks: string[];
  dry_run?: boolean;
  user?: string;
  priority?: number;
  stage?: string;
}

/** Per-item results, or a job when the server takes its time. */
export const bulk = (project: string, request: BulkRequest): Promise<BulkAnswer | Job> =>
  api.post<BulkAnswer | Job>(`/projects/${project}/tasks/bulk/`, request);

/** Brings tasks to a stage wherever they are: open ones are moved, ended ones reopened. Answers item by item. */
export async function sendTasks(project: string, tasks: string[], stage: string): Promise<BulkItem[]> {
  const moved = (await bulk(project, { action: "move", tasks, stage })) as BulkAnswer;
  const ended = moved.results.filter(({ error }) => error?.code === "ended").map(({ id }) => id);
  if (ended.length === 0) return moved.results;
  const reopened = (await bulk(project, { action: "reopen", tasks: ended, stage })) as BulkAnswer;
  const again = new Map(reopened.results.map((item) => [item.id, item]));
  return moved.results.map((item) => again.get(item.id) ?? item);
}

export const recall = (task: string): Promise<Task> => api.post<Task>(`/tasks/${task}/recall/`, {});

export const itemFailed = (item: BulkItem): boolean => item.status === "refused";

const CLAIMANTS: Partial<Record<StageType, readonly ProjectRole[]>> = {
  annotate: ["annotator"],
  review: ["reviewer", "expert"],
  expert_review: ["expert"],
  consensus: ["annotator"],
};

/** Whether somebody with these roles takes tasks of this kind of stage. (Agents' stages are worked by programs.) */
export const takes = (roles: readonly ProjectRole[], type: StageType): boolean =>
  (CLAIMANTS[type] ?? []).some((role) => roles.includes(role));

export type Standing = "held" | "reserved" | "past";

/** What a task of "my work" is to this person: in hand, set aside for them, or handed in. */
export function standing(task: Pick<MyTask, "status" | "acted_at">): Standing {
  if (task.acted_at !== undefined) return "past";
  return task.status === "claimed" ? "held" : "reserved";
}

/** How many labels of a task stand rejected by somebody. */
export const rejectedLabels = (task: Pick<MyTask, "verdicts">): number =>
  new Set(task.verdicts.filter(({ verdict }) => verdict === "rejected").map(({ id, label }) => label ?? id)).size;
