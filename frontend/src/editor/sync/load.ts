/** Everything a task needs on screen, asked for at once, and the warming of what comes next. */
import type { PastVerdict } from "../core/review";
import type { Ontology } from "../core/types";
import { loadImage } from "./images";
import { type Entry, type OutboxStore, openOutbox } from "./outbox";
import type { Draft, EditorTask, Issue, LabelChange, LabelState, TaskPort } from "./port";

export interface Loaded {
  readonly port: TaskPort;
  readonly outbox: OutboxStore;
  readonly person: string;
  readonly scope: string;
  readonly task: EditorTask;
  readonly ontology: Ontology;
  readonly labels: LabelState;
  readonly past: readonly PastVerdict[];
  readonly issues: readonly Issue[];
  /** What changed since the task was last sent back. */
  readonly changes: readonly LabelChange[];
  /** What an earlier visit left in the outbox. */
  readonly waiting: readonly Entry[];
  /** What reached the server after a claim had ended. */
  readonly drafts: readonly Draft[];
  /** Whether another tab of this browser has the task open for editing. */
  readonly elsewhere: boolean;
  readonly release: () => void;
}

const ONTOLOGY_MS = 60_000;
const WARM_MS = 30_000;
/** A page that is just being left gives its lock back within this. */
const LOCK_MS = 400;
const ontologies = new Map<string, { at: number; value: Promise<Ontology> }>();
const warmed = new Map<string, { at: number; labels: Promise<LabelState> }>();
let who: Promise<string> | null = null;

function ontologyOf(port: TaskPort, project: string): Promise<Ontology> {
  const known = ontologies.get(project);
  if (known && Date.now() - known.at < ONTOLOGY_MS) return known.value;
  const value = port.ontology(project);
  ontologies.set(project, { at: Date.now(), value });
  value.catch(() => ontologies.delete(project));
  return value;
}

/** Labels of a task that is about to be shown. Their ETag guards against anything that happens meanwhile. */
export function warm(port: TaskPort, task: EditorTask, ontology: Ontology): Promise<unknown> {
  void loadImage(task.unit).catch(() => undefined);
  const labels = port.labels(task.id, ontology);
  warmed.set(task.id, { at: Date.now(), labels });
  return labels.catch(() => warmed.delete(task.id));
}

async function labelsOf(port: TaskPort, task: string, ontology: Ontology): Promise<LabelState> {
  const known = warmed.get(task);
  warmed.delete(task);
  return known && Date.now() - known.at < WARM_MS ? known.labels : port.labels(task, ontology);
}

/** One tab edits a task, the others only look: two would write over each other. Without the lock API (plain HTTP) ETags alone guard. */
async function lockTab(scope: string): Promise<{ elsewhere: boolean; release: () => void }> {
  if (!navigator.locks) return { elsewhere: false, release: () => undefined };
  return new Promise((answer) => {
    const held = navigator.locks.request(
      `lapidary:${scope}`,
      { signal: AbortSignal.timeout(LOCK_MS) },
      () => new Promise<void>((done) => answer({ elsewhere: false, release: done })),
    );
    held.catch(() => answer({ elsewhere: true, release: () => undefined }));
  });
}

const quietly = <T>(work: Promise<T>, otherwise: T): Promise<T> => work.catch(() => otherwise);

export async function load(port: TaskPort, taskId: string, projectId: string): Promise<Loaded> {
  who ??= port.person();
  who.catch(() => {
    who = null;
  });
  const ontology = ontologyOf(port, projectId);
  const labels = ontology.then((o) => labelsOf(port, taskId, o));
  const [shown, known, state, person, outbox, past, issues] = await Promise.all([
    port.task(taskId),
    ontology,
    labels,
    who,
    openOutbox(),
    quietly(port.verdicts(taskId), []),
    quietly(port.issues(taskId), []),
  ]);
  // A manager is told of anybody's claim; only one's own lets one work.
  const task = shown.claim?.holder === person ? shown : { ...shown, claim: null };
  void loadImage(task.unit).catch(() => undefined);
  const scope = `${person}:${taskId}`,
    reviewing = task.stageType === "review" || task.stageType === "expert_review";
  const from = reviewing && task.round > 1 ? await quietly(port.returnedAt(taskId), null) : null;
  const [changes, waiting, drafts, tab] = await Promise.all([
    from === null || from >= state.revision ? [] : quietly(port.changes(taskId, known, from, state.revision), []),
    task.claim ? outbox.list(scope) : [],
    task.claim && task.config.allowEdit ? quietly(port.drafts(taskId), []) : [],
    task.claim ? lockTab(scope) : { elsewhere: false, release: () => undefined },
  ]);
  return {
    port,
    outbox,
    person,
    scope,
    task,
    ontology: known,
    labels: state,
    past,
    issues,
    changes,
    waiting,
    drafts,
    ...tab,
  };
}
