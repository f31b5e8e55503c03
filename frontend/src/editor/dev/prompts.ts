/** An assistant for tests: it remembers what it was asked and answers when it is told to. */
import { createStore } from "zustand/vanilla";
import { type Answer, type Assistant, type AssistState, type Candidate, type Prompt, UNASKED } from "../core/assist";
import { MaskBuffer } from "../core/mask";
import type { Pt } from "../core/types";

export function candidate(x: number, y: number, width: number, height: number, score: number | null = 0.9): Candidate {
  const mask = new MaskBuffer({ width: 800, height: 600 });
  for (let row = y; row < y + height; row++) mask.stroke(x + 0.5, row + 0.5, x + width - 0.5, row + 0.5, 0.5, 1);
  const ring: Pt[] = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
  return {
    geometry: mask.geometry() ?? { size: [600, 800], counts: "" },
    polygons: [[ring]],
    bbox: { x, y, width, height },
    score,
  };
}

export const answer = (candidates: readonly Candidate[], more: Partial<Answer> = {}): Answer => ({
  candidates,
  answers: [],
  path: [],
  model: "SAM vit_b",
  modelId: "m1",
  assistant: "model",
  token: "t1",
  warming: false,
  note: "",
  ...more,
});

export class Oracle implements Assistant {
  readonly store = createStore<AssistState>(() => UNASKED);
  quick = false;
  looks = 0;
  asked: Prompt[] = [];
  peeked: Prompt[] = [];
  peekAnswer: Answer | null = null;
  way: (from: Pt, to: Pt) => readonly Pt[] | null = () => null;
  private use: ((answer: Answer) => void) | null = null;

  look(): void {
    this.looks++;
  }
  leave(): void {
    this.drop();
  }
  ask(prompt: Prompt, use: (answer: Answer) => void): void {
    this.asked.push(prompt);
    this.use = use;
  }
  async peek(prompt: Prompt): Promise<Answer | null> {
    this.peeked.push(prompt);
    return this.peekAnswer;
  }
  async path(from: Pt, to: Pt): Promise<readonly Pt[] | null> {
    return this.way(from, to);
  }
  drop(): void {
    this.use = null;
  }

  say(answer: Answer): void {
    this.use?.(answer);
  }
  get waits(): boolean {
    return this.use !== null;
  }
  get last(): Prompt | undefined {
    return this.asked.at(-1);
  }
}
