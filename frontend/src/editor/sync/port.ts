/** What the editor asks of the server, in its own words. `server.ts` answers over HTTP, tests and the development page answer from memory. */
import type { Answer, AssistInfo, Prompt, Seed } from "../core/assist";
import type { PastVerdict } from "../core/review";
import type { Label, Ontology, Pt, Verdict } from "../core/types";

export interface Unit {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly mediaUrl: string;
}
export interface Claim {
  readonly holder: string;
  readonly token: number | null;
  readonly expiresAt: string | null;
}

export interface StageConfig {
  readonly allowEdit: boolean;
  readonly strict: boolean;
  readonly showEvidence: "at once" | "after my verdict";
}

export interface EditorTask {
  readonly id: string;
  readonly project: string;
  readonly stage: string;
  readonly stageTitle: string;
  readonly stageType: string;
  readonly status: string;
  readonly round: number;
  readonly unit: Unit;
  readonly allowed: readonly string[];
  /** Whoever holds it; `load` keeps it only where that is the caller. */
  readonly claim: Claim | null;
  readonly config: StageConfig;
  readonly routeReason: unknown;
  readonly metrics: unknown;
  /** Labels drawn for review, told to whoever holds it; null when all are to be judged. */
  readonly drawn: readonly string[] | null;
}

export interface OwnTask {
  readonly id: string;
  readonly stage: string;
  readonly held: boolean;
}

export interface LabelState {
  readonly revision: number;
  readonly etag: string | null;
  readonly labels: readonly Label[];
}
export interface LabelDelta {
  readonly upsert: readonly Label[];
  readonly delete: readonly string[];
}
export interface Saved {
  readonly revision: number;
  readonly etag: string | null;
}

export interface Remark {
  readonly id: string;
  readonly author: string;
  readonly text: string;
  readonly at: string;
}
export interface Issue {
  readonly id: string;
  readonly x: number | null;
  readonly y: number | null;
  readonly label: string | null;
  readonly text: string;
  readonly author: string;
  readonly at: string;
  readonly resolved: boolean;
  readonly commentCount: number;
}

export interface Draft {
  readonly id: string;
  readonly at: string;
  readonly delta: LabelDelta;
}
export interface LabelChange {
  readonly id: string;
  readonly before: Label | null;
  readonly after: Label | null;
}

/** One question to the assistant: points, a box and an earlier shape together, or boxes, or anchors of an outline. */
export interface AssistAsk {
  readonly points?: Prompt["points"];
  readonly box?: Prompt["box"];
  readonly boxes?: Prompt["boxes"];
  readonly mask?: Extract<Seed, { mask: unknown }>["mask"] | { readonly token: string };
  readonly polygons?: Extract<Seed, { polygons: unknown }>["polygons"];
  readonly anchors?: readonly Pt[];
  readonly closed?: boolean;
  /** A newer question of the same session takes the place of one that waits. */
  readonly session?: string;
  /** While the image is being prepared the classical assistant answers. */
  readonly meanwhile?: boolean;
}

export interface TaskPort {
  person(): Promise<string>;
  task(id: string, fresh?: boolean): Promise<EditorTask>;
  ontology(project: string): Promise<Ontology>;
  labels(task: string, ontology: Ontology, revision?: number): Promise<LabelState>;
  changes(task: string, ontology: Ontology, from: number, to: number): Promise<readonly LabelChange[]>;
  /** The revision at which the task was last sent back, or null when it never was. */
  returnedAt(task: string): Promise<number | null>;
  save(
    task: string,
    delta: LabelDelta,
    about: { etag: string | null; key: string; token: number | null },
  ): Promise<Saved>;
  heartbeat(task: string, body: { activeMs: number; idleMs: number; token: number | null }): Promise<void>;
  /** The next task of the stage for the caller, or the very one that is named; null when there is none. */
  claimNext(project: string, stage: string, task?: string): Promise<EditorTask | null>;
  /** The caller's open tasks of a project, held or set aside, in the server's order. */
  own(project: string): Promise<readonly OwnTask[]>;
  act(task: string, action: string, body: Readonly<Record<string, unknown>>, key: string): Promise<void>;
  verdicts(task: string): Promise<readonly PastVerdict[]>;
  /** Answers the server's id of the verdict. */
  judge(task: string, verdict: Verdict, token: number | null): Promise<string>;
  takeBack(task: string, verdict: string): Promise<void>;
  /** What speaks against the task's labels, as the server says it; decoded where it is shown. */
  evidence(task: string): Promise<unknown>;
  issues(task: string): Promise<readonly Issue[]>;
  openIssue(
    task: string,
    issue: { x: number | null; y: number | null; label: string | null; text: string },
  ): Promise<Issue>;
  comment(task: string, issue: string, text: string): Promise<void>;
  setResolved(task: string, issue: string, resolved: boolean): Promise<void>;
  comments(task: string, issue: string): Promise<readonly Remark[]>;
  /** Labels that this person sent after the claim had ended, newest first. */
  drafts(task: string): Promise<readonly Draft[]>;
  dropDraft(task: string, draft: string): Promise<void>;
  /** Tasks that probably come next, as far as the caller may see them. */
  upcoming(project: string, stage: string): Promise<readonly EditorTask[]>;
  assistInfo(task: string): Promise<AssistInfo>;
  assist(task: string, ask: AssistAsk, signal: AbortSignal): Promise<Answer>;
}

/** What went wrong, as far as saving and acting care. `server.ts` makes these of problems. */
export type FailureKind = "network" | "stale" | "lost" | "refused" | "gone" | "busy" | "superseded";

export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[] = [],
    readonly retryAfterMs: number | null = null,
    /** Of the answer, where there was one. */
    readonly status: number | null = null,
  ) {
    super(message);
    this.name = "Failure";
  }
}

export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure("refused", error instanceof Error ? error.message : String(error));
