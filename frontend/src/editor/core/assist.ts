/** What a hand says to the assistant and what it answers. Who asks over which wire is `sync/assist.ts`; tools know only this. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { BitmaskGeometry, BoxGeometry, PolygonGeometry, Pt } from "./types";

/** `label` 1 adds what is there, 0 takes it away. */
export interface PromptPoint {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

/** An earlier shape to go on from. */
export type Seed = { readonly mask: BitmaskGeometry } | { readonly polygons: PolygonGeometry["polygons"] };

/** Points, a box and a seed are one question; `boxes` are one each. */
export interface Prompt {
  readonly points: readonly PromptPoint[];
  readonly box: BoxGeometry | null;
  readonly boxes: readonly BoxGeometry[];
  readonly seed: Seed | null;
  /** Names what the assistant answered last, so that another click refines that. */
  readonly token: string;
}

export const SILENT: Prompt = { points: [], box: null, boxes: [], seed: null, token: "" };

export interface Candidate {
  readonly geometry: BitmaskGeometry;
  readonly polygons: PolygonGeometry["polygons"];
  readonly bbox: BoxGeometry;
  /** The model's own estimate; the classical assistant claims none. */
  readonly score: number | null;
}

export interface Answer {
  /** Best first; empty when nothing was found. */
  readonly candidates: readonly Candidate[];
  /** One each where several boxes were asked about. */
  readonly answers: readonly Answer[];
  readonly path: readonly Pt[];
  readonly model: string;
  readonly modelId: string | null;
  readonly assistant: "classical" | "model";
  readonly token: string;
  /** The model's own answer follows by itself. */
  readonly warming: boolean;
  readonly note: string;
}

export interface AssistInfo {
  readonly enabled: boolean;
  readonly assistant: "classical" | "model";
  readonly model: { readonly name: string; readonly family: string } | null;
  readonly state: "ready" | "warming" | "cold" | "unavailable";
  readonly detail: string;
}

/** Why there is no answer at the moment; `until` is when it is asked again, null when it is not. */
export interface AssistTrouble {
  readonly kind: "busy" | "unavailable" | "offline" | "off" | "refused";
  readonly detail: string;
  readonly until: number | null;
}

export interface AssistState {
  readonly info: AssistInfo | null;
  readonly asking: boolean;
  readonly warming: boolean;
  readonly trouble: AssistTrouble | null;
  /** Who gave the last answer, where that was not who is expected. */
  readonly note: string;
}

export const UNASKED: AssistState = { info: null, asking: false, warming: false, trouble: null, note: "" };

export interface Assistant {
  readonly store: StoreApi<AssistState>;
  /** Whether answers come fast enough to follow a pointer. */
  readonly quick: boolean;
  /** Asks who would answer, and goes on asking until that is settled; a tool calls it when it is taken up. */
  look(): void;
  /** Put out of the hand. */
  leave(): void;
  /** The newest question replaces all before it. `use` hears once, or a second time when a better answer follows. */
  ask(prompt: Prompt, use: (answer: Answer) => void): void;
  /** A question of a hovering pointer: never repeated, and nothing is said when it fails. */
  peek(prompt: Prompt): Promise<Answer | null>;
  /** The outline that snaps to edges between two points; null when it cannot be had. */
  path(from: Pt, to: Pt, passing?: boolean): Promise<readonly Pt[] | null>;
  /** Nothing is waited for any more. */
  drop(): void;
}

/** For pages and tests without one. */
export const nobody: Assistant = {
  store: createStore<AssistState>(() => UNASKED),
  quick: false,
  look: () => undefined,
  leave: () => undefined,
  ask: () => undefined,
  peek: async () => null,
  path: async () => null,
  drop: () => undefined,
};
