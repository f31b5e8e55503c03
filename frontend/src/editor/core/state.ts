/** What the editor shows at this moment: not saved, not undoable. */
import type { Handle } from "./kinds/kind";
import type { DrawnLabel } from "./types";
import type { Size, View } from "./view";

export const TOOLS = ["select", "box", "polygon", "keypoint"] as const;
export type ToolName = (typeof TOOLS)[number];

export interface Notice {
  readonly text: string;
  readonly tone: "plain" | "warning";
  readonly at: number;
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
