/** Everything a task needs on screen, asked for at once, and the warming of what comes next. */
import type { PastVerdict } from "../core/review";
import type { Ontology } from "../core/types";
import { loadImage } from "./images";
import { type Entry, type OutboxStore, openOutbox } from "./outbox";
import type { EditorTask, LabelChange, LabelState, TaskPort } from "./port";

export interface Loaded {
  readonly port: TaskPort;
  readonly outbox: OutboxStore;
  readonly person: string;
  readonly scope: string;
  readonly task: EditorTask;
  readonly ontology: Ontology;
  readonly labels: LabelState;
  readonly past: readonly PastVerdict[];
  /** What changed since the task was last sent back. */
  readonly changes: readonly LabelChange[];
  /** What an earlier visit left in the outbox. */
  readonly waiting: readonly Entry[];
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

/** What is needed before anything can be shown; issues and drafts of lost claims follow by themselves. */
export async function load(port: TaskPort, taskId: string, projectId: string): Promise<Loaded> {
  const shown = port.task(taskId);
  const ontology = ontologyOf(port, projectId);
  const labels = ontology.then((o) => labelsOf(port, taskId, o));
  // A first round of annotating has no verdicts to wait for.
  const past = shown.then((t) => (t.round > 1 || isReview(t) ? quietly(port.verdicts(taskId), []) : []));
  const changes = Promise.all([shown, ontology, labels]).then(([t, o, l]) => changesSince(port, t, o, l.revision));
  const [seen, known, state, person, outbox, verdicts, changed] = await Promise.all([
    shown,
    ontology,
    labels,
    port.person(),
    openOutbox(),
    past,
    changes,
  ]);
  // A manager is told of anybody's claim; only one's own lets one work.
  const task = seen.claim?.holder === person ? seen : { ...seen, claim: null };
  void loadImage(task.unit).catch(() => undefined);
  const scope = `${person}:${taskId}`;
  const [waiting, tab] = await Promise.all([
    task.claim ? outbox.list(scope) : [],
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
    past: verdicts,
    changes: changed,
    waiting,
    ...tab,
  };
}

const isReview = ({ stageType }: EditorTask): boolean => stageType === "review" || stageType === "expert_review";

/** In a later round a reviewer sees what was done since the task was sent back. */
async function changesSince(
  port: TaskPort,
  task: EditorTask,
  ontology: Ontology,
  revision: number,
): Promise<readonly LabelChange[]> {
  if (task.round < 2 || !isReview(task)) return [];
  const from = await quietly(port.returnedAt(task.id), null);
  return from === null || from >= revision ? [] : quietly(port.changes(task.id, ontology, from, revision), []);
}
