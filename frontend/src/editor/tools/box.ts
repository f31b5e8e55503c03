import type { Editor } from "../core/editor";
import { newId } from "../core/ids";
import { boxBetween } from "../core/kinds/box";
import { notes } from "../core/notes";
import type { Pen } from "../core/pen";
import { CLICK_PX, type Tool, type ToolEvent, within } from "./tool";

/** A side shorter than this on screen is a slip of the hand. */
const LEAST_PX = 3;

/** Boxes by drag or by two clicks, whichever the hand does. The tool stays armed and ignores shapes below. */
export class BoxTool implements Tool {
  readonly name = "box";
  readonly cursor = "crosshair";
  private start: { x: number; y: number; sx: number; sy: number } | null = null;
  private at: { x: number; y: number } | null = null;
  private pressed = false;

  constructor(private readonly editor: Editor) {}

  down(e: ToolEvent): void {
    this.pressed = true;
    this.at = this.inside(e);
    if (this.start) return;
    this.start = { ...this.at, sx: e.sx, sy: e.sy };
    this.editor.set({ drawing: true });
  }

  move(e: ToolEvent): void {
    this.at = this.inside(e);
  }

  up(e: ToolEvent): void {
    if (!this.pressed || !this.start) return;
    this.pressed = false;
    this.at = this.inside(e);
    const travelled = Math.hypot(e.sx - this.start.sx, e.sy - this.start.sy);
    // A click without travel is the first of two: the box waits for the second.
    if (travelled >= CLICK_PX) this.finish();
  }

  key(key: "close" | "back"): boolean {
    if (key === "close") {
      if (this.start) this.finish();
      else this.place();
      return true;
    }
    return this.cancel();
  }

  cancel(): boolean {
    const had = this.start !== null;
    this.start = null;
    this.pressed = false;
    if (had) this.editor.set({ drawing: false });
    return had;
  }

  paint(pen: Pen): void {
    if (!this.at) return;
    pen.cross(this.at.x, this.at.y);
    if (!this.start) return;
    const { x, y, width, height } = boxBetween(this.start.x, this.start.y, this.at.x, this.at.y);
    const color = this.editor.vocabulary.object(this.editor.state.armed)?.color ?? "#fff";
    pen.line(
      [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ],
      color,
      { closed: true, fill: true },
    );
    pen.text(this.at.x, this.at.y, `${Math.round(width)} × ${Math.round(height)}`);
  }

  private finish(): void {
    const { start, at, editor } = this;
    if (!start || !at) return;
    const geometry = boxBetween(start.x, start.y, at.x, at.y),
      k = editor.state.view.k;
    this.cancel();
    if (geometry.width * k < LEAST_PX || geometry.height * k < LEAST_PX) {
      editor.say(notes.tooSmall, "warning");
      return;
    }
    const label = editor.draft(newId(), "bounding_box", geometry);
    if (label) editor.drawn("Draw box", label);
  }

  /** Without a pointer: a box in the middle of the view, to be moved and sized by keys or figures. */
  private place(): void {
    const { editor } = this,
      { view, port } = editor.state,
      { width, height } = editor.image;
    const x = (port.width / 2 - view.x) / view.k,
      y = (port.height / 2 - view.y) / view.k,
      half = port.height / 10 / view.k;
    const geometry = boxBetween(
      within(x - half, width),
      within(y - half, height),
      within(x + half, width),
      within(y + half, height),
    );
    const label = editor.draft(newId(), "bounding_box", geometry);
    if (!label || !geometry.width || !geometry.height) return;
    editor.drawn("Draw box", label);
    editor.select([label.id]);
  }

  private inside(e: ToolEvent): { x: number; y: number } {
    return { x: within(e.x, this.editor.image.width), y: within(e.y, this.editor.image.height) };
  }
}
