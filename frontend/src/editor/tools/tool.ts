/** What every tool answers to. A tool keeps only the gesture it is in; what it makes goes through the editor as one command. */
import type { Editor } from "../core/editor";
import type { Pen } from "../core/pen";
import type { ToolName } from "../core/state";
import type { DrawnLabel } from "../core/types";

export interface ToolEvent {
  /** Image pixels. */
  readonly x: number;
  readonly y: number;
  /** CSS pixels. */
  readonly sx: number;
  readonly sy: number;
  /** All image positions since the last event. */
  readonly samples: readonly (readonly [number, number])[];
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly count: number;
  readonly touch: boolean;
}

/** `close` finishes what is drawn (Enter), `back` takes its last step back (Backspace). */
export type ToolKey = "close" | "back";

export interface Tool {
  readonly name: ToolName;
  readonly cursor: string;
  down(e: ToolEvent): void;
  move(e: ToolEvent): void;
  up(e: ToolEvent): void;
  /** Whether the key meant something to it. */
  key(key: ToolKey): boolean;
  /** Drops what is unfinished; answers whether there was anything. */
  cancel(): boolean;
  paint(pen: Pen): void;
  /** Comes into the hand: with a label to go on from, or none. */
  take?(label: DrawnLabel | null): void;
}

export type MakeTool = (editor: Editor) => Tool;

/** A press that moved less than this is a click. */
export const CLICK_PX = 4;
/** How near the pointer must come to a stroke, a dot or a vertex. */
export const REACH_PX = 7;
/** Handles draw 7 px and catch 24, as WCAG 2.5.8 asks. */
export const GRIP_PX = 12;
export const TOUCH_GRIP_PX = 22;

export const within = (v: number, size: number): number => Math.max(0, Math.min(size, v));
