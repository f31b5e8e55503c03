/** All tools of one editor, and the way from raw pointers to the one in hand. Panning and zooming work under every tool. */
import type { PointerSink, RawPointer } from "../canvas/pointer";
import { type Assistant, nobody } from "../core/assist";
import { type Editor, makes } from "../core/editor";
import type { Pen } from "../core/pen";
import type { ToolName } from "../core/state";
import { toImage } from "../core/view";
import { BoxTool } from "./box";
import { BrushTool } from "./brush";
import { KeypointTool } from "./keypoint";
import { PolygonTool } from "./polygon";
import { SegmentTool } from "./segment";
import { SelectTool } from "./select";
import type { Tool, ToolEvent, ToolKey } from "./tool";

const MIDDLE = 1,
  RIGHT = 2;

export class Toolbox implements PointerSink {
  readonly select: SelectTool;
  readonly brush: BrushTool;
  readonly segment: SegmentTool;
  /** Set while the pan key is down. */
  panning = false;
  /** Where the pointer last was over the image; issues are pinned there. */
  pointer: readonly [number, number] | null = null;
  private readonly tools: Readonly<Record<ToolName, Tool>>;
  private grip: { sx: number; sy: number } | null = null;
  private current: Tool;
  private readonly stop: () => void;

  constructor(
    private readonly editor: Editor,
    private readonly assistant: Assistant = nobody,
  ) {
    const repaint = () => this.repaint();
    this.select = new SelectTool(editor);
    this.brush = new BrushTool(editor);
    this.segment = new SegmentTool(editor, assistant, repaint);
    this.tools = {
      select: this.select,
      box: new BoxTool(editor),
      polygon: new PolygonTool(editor, assistant, repaint),
      keypoint: new KeypointTool(editor),
      brush: this.brush,
      segment: this.segment,
    };
    this.current = this.tools[editor.state.tool];
    this.stop = editor.store.subscribe((now, before) => {
      if (now.tool !== before.tool || now.readOnly !== before.readOnly) this.change(now.tool);
      else if (now.wire && !before.wire && now.tool === "polygon") this.assistant.look();
    });
  }

  close(): void {
    this.stop();
    this.assistant.leave();
  }

  /** Takes a tool into the hand. The brush and the assistant go on with what is selected, or was just painted. */
  use(tool: ToolName): void {
    const { editor } = this,
      [only, second] = editor.selected,
      chosen = only && !second && only.shape !== "classification" ? only : null,
      label = chosen ?? (this.current === this.brush ? this.brush.current : null),
      theirs = label && editor.vocabulary.object(label.class);
    const { take } = this.tools[tool];
    if (take && theirs && makes(tool, theirs.shape)) editor.set({ armed: theirs.id });
    editor.use(tool);
    if (editor.state.tool === tool) this.tools[tool].take?.(theirs && makes(tool, theirs.shape) ? label : null);
  }

  /** A class by digit or from the list: what the assistant proposes is kept under it. */
  give(classId: string): boolean {
    return this.current === this.segment && this.segment.keep(classId);
  }

  down(p: RawPointer): void {
    if (this.panning || p.button === MIDDLE || p.button === RIGHT) {
      this.grip = { sx: p.sx, sy: p.sy };
      this.editor.set({ cursor: "grabbing" });
      return;
    }
    if (p.button === 0) this.current.down(this.event(p));
  }

  move(p: RawPointer): void {
    const { view } = this.editor.state;
    this.pointer = toImage(view, p.sx, p.sy);
    if (this.grip) {
      this.editor.setView({ ...view, x: view.x + p.sx - this.grip.sx, y: view.y + p.sy - this.grip.sy });
      this.grip = { sx: p.sx, sy: p.sy };
      return;
    }
    this.current.move(this.event(p));
    // Tools draw under the pointer: a move repaints the hand even where nothing of the state changed.
    this.repaint();
  }

  up(p: RawPointer): void {
    if (this.grip) {
      this.grip = null;
      this.editor.set({ cursor: this.panning ? "grab" : this.current.cursor });
      return;
    }
    this.current.up(this.event(p));
    this.repaint();
  }

  leave(): void {
    this.pointer = null;
    if (this.editor.state.hover) this.editor.set({ hover: null });
  }

  abort(): void {
    this.grip = null;
    this.current.cancel();
    this.repaint();
  }

  glide(factor: number, sx: number, sy: number, dx: number, dy: number): void {
    const { view } = this.editor.state;
    if (dx || dy) this.editor.setView({ ...view, x: view.x + dx, y: view.y + dy });
    if (factor !== 1) this.editor.zoom(factor, sx, sy);
  }

  pan(on: boolean): void {
    if (this.panning === on) return;
    this.panning = on;
    if (!this.grip) this.editor.set({ cursor: on ? "grab" : this.current.cursor });
  }

  key(key: ToolKey): boolean {
    const used = this.current.key(key);
    if (used) this.repaint();
    return used;
  }

  /** Escape: what is unfinished first, then the tool, then the selection. */
  cancel(): void {
    const done = this.current.cancel();
    if (!done && this.current.name !== "select") this.editor.use("select");
    this.repaint();
  }

  /** What lies below whatever the tool in hand draws. */
  under: ((pen: Pen) => void) | null = null;
  readonly paint = (pen: Pen): void => {
    this.under?.(pen);
    this.current.paint(pen);
  };
  repaint: () => void = () => undefined;

  private change(tool: ToolName): void {
    this.current.cancel();
    this.current = this.tools[tool];
    if (tool === "segment" || (tool === "polygon" && this.editor.state.wire)) this.assistant.look();
    else this.assistant.leave();
    this.editor.set({ cursor: this.panning ? "grab" : this.current.cursor, drawing: false });
  }

  private event(p: RawPointer): ToolEvent {
    const { view } = this.editor.state,
      [x, y] = toImage(view, p.sx, p.sy);
    return { ...p, x, y, samples: p.samples.map(([sx, sy]) => toImage(view, sx, sy)) };
  }
}
