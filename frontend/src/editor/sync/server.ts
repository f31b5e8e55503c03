/** The task port over the REST API. */
import {
  api,
  isProblem,
  newId,
  nextPath,
  type Options,
  onSessionExpired,
  type Page,
  type Problem,
} from "../../api/client";
import type { MyTask } from "../../api/types";
import type { Label, Origin, Verdict } from "../core/types";
import {
  decodeChanges,
  decodeDraft,
  decodeIssue,
  decodeLabels,
  decodeOntology,
  decodeRemark,
  decodeTask,
  decodeVerdict,
} from "./decode";
import { decodeAnswer, decodeInfo } from "./decodeAssist";
import { type EditorTask, Failure, type FailureKind, type TaskPort } from "./port";

/** A refusal of the claim itself, among the other reasons for a 409. */
const CLAIM = /claim|token|lease|not_held|holder/;

function kindOf(problem: Problem): FailureKind {
  const { status } = problem;
  if (status === 0) return "network";
  if (status === 412 || status === 428) return "stale";
  if (problem.code === "superseded") return "superseded";
  if (status === 409) return CLAIM.test(problem.code) ? "lost" : "refused";
  if (status === 429 || status >= 500) return "busy";
  // A session that ended is asked for again by the shell; work waits for it.
  if (status === 401) return "busy";
  if (problem.code === "not_holder") return "lost";
  return status === 403 || status === 404 ? "gone" : "refused";
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isProblem(error)) throw error;
    throw new Failure(
      kindOf(error),
      error.message,
      error.errors,
      error.retryAfter === null ? null : error.retryAfter * 1000,
      error.status || null,
    );
  }
}

async function all(path: string, options?: Options): Promise<unknown[]> {
  const first = await api.get<Page<unknown> | unknown[]>(path, options);
  if (Array.isArray(first)) return first;
  const out = [...first.results];
  for (let next = first.next; next; ) {
    const page: Page<unknown> = await api.get<Page<unknown>>(nextPath(next));
    out.push(...page.results);
    next = page.next;
  }
  return out;
}

/** What the server keeps itself stays out of what is sent. */
const bare = ({ id, class: classRef, shape, geometry, attributes, origin }: Label) => ({
  id,
  class: classRef,
  shape,
  geometry,
  attributes,
  ...said(origin),
});

/** A person's word on where a label came from is that a hand made it, or which model; of imports and agents the server knows itself. */
function said(origin: Origin | undefined) {
  if (!origin) return { origin: { kind: "human" } };
  if (origin.kind !== "human" && origin.kind !== "model") return {};
  const { kind, model = null, prompts = null, edited = false } = origin;
  return { origin: { kind, model, prompts, edited } };
}

const withToken = (token: number | null) => (token === null ? {} : { claim_token: token });

function verdictBody(v: Verdict) {
  return {
    label: v.label,
    verdict: v.verdict,
    elapsed_ms: v.elapsedMs,
    ...(v.kind && v.verdict === "rejected" ? { kind: v.kind } : {}),
    ...(v.class ? { class: v.class } : {}),
    ...(v.geometry ? { geometry: v.geometry.geometry } : {}),
    ...(v.reason ? { reason: v.reason } : {}),
    ...(v.mode ? { mode: v.mode } : {}),
  };
}

/** What a claim answered is what the next page opens with: the task is not asked for twice. */
const claimed = new Map<string, EditorTask>();

/** Asked once; whoever signs in after a session ended may be somebody else. */
let me: Promise<string> | null = null;
const forget = () => {
  me = null;
};
onSessionExpired(forget);

export const server: TaskPort = {
  person() {
    me ??= told(api.get<{ id: string }>("/me/").then(({ id }) => id));
    me.catch(forget);
    return me;
  },
  async task(id, fresh = false) {
    const known = claimed.get(id);
    claimed.delete(id);
    return known && !fresh ? known : told(api.get(`/tasks/${id}/`).then(decodeTask));
  },
  async ontology(project) {
    const { ontology } = await told(api.get<{ ontology: string | { id: string } }>(`/projects/${project}/`));
    return told(api.get(`/ontologies/${typeof ontology === "string" ? ontology : ontology.id}/`).then(decodeOntology));
  },
  async labels(task, ontology, revision) {
    const { data, etag } = await told(
      api.send<{ revision: number; labels: unknown[] }>("GET", `/tasks/${task}/labels/`, { query: { revision } }),
    );
    return { revision: data.revision, etag, labels: decodeLabels(data.labels, ontology) };
  },
  changes: (task, ontology, from, to) =>
    told(api.get(`/tasks/${task}/labels/diff/`, { query: { from, to } }).then((d) => decodeChanges(d, ontology))),
  async returnedAt(task) {
    const rows = (await told(all(`/tasks/${task}/history/`))) as { outcome?: string; label_revision?: number }[];
    return rows.findLast((row) => row.outcome === "rejected")?.label_revision ?? null;
  },
  async save(task, delta, { etag, key, token }) {
    const body = { upsert: delta.upsert.map(bare), delete: delta.delete, ...withToken(token) };
    try {
      const reply = await api.send<{ revision: number }>("PATCH", `/tasks/${task}/labels/`, {
        body,
        idempotencyKey: key,
        ...(etag ? { ifMatch: etag } : {}),
      });
      return { revision: reply.data.revision, etag: reply.etag };
    } catch (error) {
      // Only the holder saves: at a save every conflict is about the claim, but for a stage without editing.
      if (isProblem(error, 409) && error.code !== "not_editable") throw new Failure("lost", error.message);
      return told(Promise.reject(error));
    }
  },
  async heartbeat(task, { activeMs, idleMs, token }) {
    try {
      await api.post(`/tasks/${task}/heartbeat/`, { active_ms: activeMs, idle_ms: idleMs, ...withToken(token) });
    } catch (error) {
      if (isProblem(error, 409)) throw new Failure("lost", error.message);
      return told(Promise.reject(error));
    }
  },
  async claimNext(project, stage, named) {
    const { data, status } = await told(
      api.send("POST", `/projects/${project}/stages/${encodeURIComponent(stage)}/claim/`, {
        body: named ? { task: named } : {},
      }),
    );
    if (status === 204 || !data) return null;
    const task = decodeTask(data);
    claimed.set(task.id, task);
    return task;
  },
  async own(project) {
    const rows = (await told(all("/my/tasks/", { query: { status: "open", limit: 200 } }))) as MyTask[];
    return rows
      .filter((row) => row.project === project)
      .map(({ id, stage, status }) => ({ id, stage, held: status === "claimed" }));
  },
  act: (task, action, body, key) => told(api.post<void>(`/tasks/${task}/${action}/`, body, { idempotencyKey: key })),
  verdicts: (task) => told(all(`/tasks/${task}/reviews/`).then((rows) => rows.map(decodeVerdict))),
  judge: (task, verdict, token) =>
    told(
      api
        .post<{ id: string }>(
          `/tasks/${task}/reviews/`,
          { ...verdictBody(verdict), ...withToken(token) },
          { idempotencyKey: verdict.id },
        )
        .then((made) => made.id),
    ),
  evidence: (task) => told(api.get(`/tasks/${task}/evidence/`)),
  takeBack: (task, verdict) => told(api.del(`/tasks/${task}/reviews/${verdict}/`)),
  issues: (task) => told(all(`/tasks/${task}/issues/`).then((rows) => rows.map(decodeIssue))),
  openIssue: (task, issue) => told(api.post(`/tasks/${task}/issues/`, issue).then(decodeIssue)),
  comment: (task, issue, text) => told(api.post<void>(`/tasks/${task}/issues/${issue}/comments/`, { text })),
  setResolved: (task, issue, resolved) =>
    told(
      api.post<void>(
        `/tasks/${task}/issues/${issue}/${resolved ? "resolve" : "reopen"}/`,
        {},
        { idempotencyKey: newId() },
      ),
    ),
  comments: (task, issue) =>
    told(all(`/tasks/${task}/issues/${issue}/comments/`).then((rows) => rows.map(decodeRemark))),
  dropDraft: (task, draft) => told(api.del(`/tasks/${task}/drafts/${draft}/`)),
  async drafts(task) {
    const rows = await told(all(`/tasks/${task}/drafts/`));
    return rows.map((row) => decodeDraft(row, { objects: [], classifications: [] }));
  },
  async upcoming(project, stage) {
    const page = await told(
      api.get<Page<unknown>>(`/projects/${project}/tasks/`, { query: { stage, status: "waiting", limit: 2 } }),
    );
    return page.results.map(decodeTask);
  },
  assistInfo: (task) => told(api.get(`/tasks/${task}/assist/`).then(decodeInfo)),
  async assist(task, body, signal) {
    try {
      // Asking changes nothing: it needs no key, and nobody keeps its answer.
      return await told(api.post(`/tasks/${task}/assist/`, body, { idempotencyKey: null, signal }).then(decodeAnswer));
    } catch (error) {
      if (signal.aborted) throw new Failure("superseded", "Another question took its place.");
      throw error;
    }
  },
};
