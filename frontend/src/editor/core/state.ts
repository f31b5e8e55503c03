/** What the editor shows at this moment: not saved, not undoable. */
import type { Handle } from "./kinds/kind";
import type { DrawnLabel } from "./types";
import type { Size, View } from "./view";

export const TOOLS = ["select", "box", "polygon", "keypoint", "brush", "segment"] as const;
export type ToolName = (typeof TOOLS)[number];

export interface Notice {
  readonly text: string;
  readonly tone: "plain" | "warning";
  readonly at: number;
}

/** What the assistant has proposed so far, for the bar below the image. Prompts and masks themselves stay with the tool. */
export interface Proposing {
  /** `asking` shows nothing yet; `shown` may still be asking for something better. */
  readonly stage: "idle" | "asking" | "shown" | "nothing" | "boxes";
  /** Which of how many candidates is on screen, from 0. */
  readonly at: number;
  readonly of: number;
  readonly score: number | null;
  readonly boxes: number;
  /** A saved label is being refined. */
  readonly refining: boolean;
}

export const NO_PROPOSAL: Proposing = { stage: "idle", at: 0, of: 0, score: null, boxes: 0, refining: false };

export interface Brush {
  /** Radius in image pixels. */
  readonly radius: number;
  readonly erase: boolean;
}

export interface State {
  readonly view: View;
  /** Size of the canvas region in CSS pixels. */
  readonly port: Size;
  readonly tool: ToolName;
  /** The class that new shapes get, by id. */
  readonly armed: string | null;
  /** Last used first. */
  readonly recent: readonly string[];
  readonly selection: readonly string[];
  readonly hover: string | null;
  /** The vertex that arrow keys move. */
  readonly vertex: Handle | null;
  /** Labels as the hand holds them now: they stand for those of the same id until the gesture ends. */
  readonly held: readonly DrawnLabel[];
  /** A label that is not drawn, because what the hand makes of it stands in its place. */
  readonly veiled: string | null;
  readonly brush: Brush;
  /** Outlines snap to edges between two clicks. */
  readonly wire: boolean;
  /** A click without Alt subtracts: for hands that have no Alt. */
  readonly subtract: boolean;
  readonly proposal: Proposing;
  /** Whether a tool has something unfinished. */
  readonly drawing: boolean;
  readonly cursor: string;
  readonly hidden: boolean;
  readonly names: boolean;
  /** Opacity of surfaces, 0 to 1. */
  readonly fill: number;
  /** The label under judgement; the others are dimmed. */
  readonly focus: string | null;
  readonly readOnly: boolean;
  /** Rises with every change of labels, verdicts or history. */
  readonly version: number;
  readonly notice: Notice | null;
}

export const INITIAL: State = {
  view: { x: 0, y: 0, k: 1 },
  port: { width: 0, height: 0 },
  tool: "select",
  armed: null,
  recent: [],
  selection: [],
  hover: null,
  vertex: null,
  held: [],
  veiled: null,
  brush: { radius: 12, erase: false },
  wire: false,
  subtract: false,
  proposal: NO_PROPOSAL,
  drawing: false,
  cursor: "default",
  hidden: false,
  names: false,
  fill: 0.25,
  focus: null,
  readOnly: false,
  version: 0,
  notice: null,
};
