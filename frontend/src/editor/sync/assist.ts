/** The assistant of one open task: one question at a time, the newest; patience with a process that is busy, away or still looking at the image. */
import { createStore, type StoreApi } from "zustand/vanilla";
import {
  type Answer,
  type Assistant,
  type AssistState,
  type AssistTrouble,
  type Prompt,
  SILENT,
  UNASKED,
} from "../core/assist";
import { newId } from "../core/ids";
import type { Pt } from "../core/types";
import { type AssistAsk, asFailure, type Failure, type TaskPort } from "./port";

/** Answers slower than this cannot follow a pointer. */
const QUICK_MS = 120;
const LOOKED_AT = 2;
/** Without a Retry-After. */
const RETRY_MS = 3000;
const PATH_MS = 4000;
/** How often a state that will change is asked for: an image on its way, a process that is away. */
const WARM_MS = [500, 800, 1200, 2000, 3000] as const;
const AWAY_MS = 8000;

interface Question {
  readonly prompt: Prompt;
  readonly use: (answer: Answer) => void;
  readonly abort: AbortController;
  /** It was answered by the classical assistant; the model's answer is asked for when the image is ready. */
  warming: boolean;
}

export interface AssistOptions {
  readonly port: Pick<TaskPort, "assist" | "assistInfo">;
  readonly task: string;
  readonly warmMs?: readonly number[];
  readonly retryMs?: number;
}

export class Assist implements Assistant {
  readonly store: StoreApi<AssistState> = createStore<AssistState>(() => UNASKED);
  private readonly session = newId();
  private question: Question | null = null;
  private peeking: AbortController | null = null;
  private ahead: AbortController | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private inHand = false;
  private looks = 0;
  private legs = 0;
  private took: readonly number[] = [];

  constructor(private readonly o: AssistOptions) {}

  get quick(): boolean {
    const { warming, trouble } = this.store.getState();
    return !warming && !trouble && this.took.length > 0 && this.took.every((ms) => ms < QUICK_MS);
  }

  look(): void {
    this.inHand = true;
    this.looks = 0;
    clearTimeout(this.watch);
    void this.see();
  }

  leave(): void {
    this.inHand = false;
    clearTimeout(this.watch);
    this.drop();
  }

  ask(prompt: Prompt, use: (answer: Answer) => void): void {
    this.drop();
    this.question = { prompt, use, abort: new AbortController(), warming: false };
    void this.send(this.question);
  }

  async peek(prompt: Prompt): Promise<Answer | null> {
    if (this.question) return null;
    this.peeking?.abort();
    this.peeking = new AbortController();
    try {
      return await this.timed(bodyOf(prompt), `${this.session}:peek`, this.peeking.signal);
    } catch {
      return null;
    }
  }

  async path(from: Pt, to: Pt, passing = false): Promise<readonly Pt[] | null> {
    const abort = new AbortController(),
      timer = setTimeout(() => abort.abort(), PATH_MS);
    if (passing) {
      this.ahead?.abort();
      this.ahead = abort;
    }
    // A leg that the hand has set stands for itself: no later one may take its place.
    const session = passing ? `${this.session}:ahead` : `${this.session}:leg-${++this.legs}`;
    try {
      const { path } = await this.timed({ anchors: [from, to], closed: false }, session, abort.signal);
      this.store.setState({ trouble: null });
      return path.length > 1 ? path : null;
    } catch (error) {
      const failure = asFailure(error);
      if (!passing && failure.kind !== "superseded") this.store.setState({ trouble: troubleOf(failure, null) });
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  drop(): void {
    clearTimeout(this.retry);
    this.question?.abort.abort();
    this.question = null;
    const { asking, warming, trouble, note } = this.store.getState();
    if (asking || warming || trouble || note)
      this.store.setState({ asking: false, warming: false, trouble: null, note: "" });
  }

  private async send(question: Question): Promise<void> {
    this.peeking?.abort();
    this.store.setState({ asking: true });
    try {
      const answer = await this.timed(bodyOf(question.prompt), this.session, question.abort.signal);
      if (question !== this.question) return;
      this.answered(question, answer);
    } catch (error) {
      if (question === this.question) this.failed(question, asFailure(error));
    }
  }

  private answered(question: Question, answer: Answer): void {
    const warming = answer.warming || answer.answers.some((one) => one.warming);
    const { info } = this.store.getState();
    this.store.setState({ asking: false, warming, trouble: null, note: answer.note });
    // Whoever answers is not away.
    if (info?.state === "unavailable") this.wait(0);
    question.warming = warming;
    if (warming) this.wait(0);
    // Boxes are kept as they are answered: no better answer may follow.
    else if (this.question === question) this.question = null;
    question.use(answer);
  }

  private failed(question: Question, failure: Failure): void {
    if (failure.kind === "superseded") return;
    if (failure.kind === "refused" && question.prompt.token) {
      // What the model saw is forgotten after a while; the clicks themselves say the same.
      this.ask({ ...question.prompt, token: "" }, question.use);
      return;
    }
    const again =
      failure.kind === "busy" || failure.kind === "network"
        ? (failure.retryAfterMs ?? this.o.retryMs ?? RETRY_MS)
        : null;
    this.store.setState({ asking: false, trouble: troubleOf(failure, again) });
    if (again === null) this.question = null;
    else this.retry = setTimeout(() => void this.send(question), again);
  }

  private async timed(body: AssistAsk, session: string, signal: AbortSignal): Promise<Answer> {
    const from = performance.now();
    const answer = await this.o.port.assist(this.o.task, { ...body, session, meanwhile: true }, signal);
    this.took = [...this.took, performance.now() - from].slice(-LOOKED_AT);
    return answer;
  }

  /** Looks at who would answer, and again for as long as that will change. */
  private async see(): Promise<void> {
    try {
      const info = await this.o.port.assistInfo(this.o.task);
      this.store.setState({ info });
      const { question } = this;
      if (question?.warming && info.state !== "warming" && info.state !== "cold") {
        question.warming = false;
        if (info.state === "ready") void this.send(question);
        else this.store.setState({ warming: false });
      }
      if (info.state === "warming" || (info.state === "cold" && question?.warming)) this.wait(++this.looks);
      else if (info.state === "unavailable" && info.enabled) this.wait(null);
    } catch {
      this.wait(null);
    }
  }

  private wait(looks: number | null): void {
    if (!this.inHand) return;
    clearTimeout(this.watch);
    const waits = this.o.warmMs ?? WARM_MS;
    if (looks !== null) this.looks = looks;
    const ms = looks === null ? AWAY_MS : (waits[Math.min(looks, waits.length - 1)] ?? AWAY_MS);
    this.watch = setTimeout(() => void this.see(), ms);
  }
}

const BUSY = 429;

function troubleOf({ kind, status, message }: Failure, again: number | null): AssistTrouble {
  const until = again === null ? null : Date.now() + again;
  if (kind === "network") return { kind: "offline", detail: message, until };
  if (kind === "busy") return { kind: status === BUSY ? "busy" : "unavailable", detail: message, until };
  return { kind: "refused", detail: message, until };
}

function bodyOf({ points, box, boxes, seed, token }: Prompt = SILENT): AssistAsk {
  if (boxes.length) return { boxes };
  return {
    ...(points.length ? { points } : {}),
    ...(box ? { box } : {}),
    ...(token ? { mask: { token } } : seed),
  };
}
