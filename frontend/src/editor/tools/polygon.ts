import type { Editor } from "../core/editor";
import { isSimple } from "../core/geometry";
import { newId } from "../core/ids";
import { tidy } from "../core/kinds/kind";
import { notes } from "../core/notes";
import type { Pen } from "../core/pen";
import type { Pt } from "../core/types";
import { GRIP_PX, TOUCH_GRIP_PX, type Tool, type ToolEvent, within } from "./tool";

/** A vertex a click; the first vertex, Enter or a double click closes. While the button is held, the line follows the hand. */
export class PolygonTool implements Tool {
  readonly name = "polygon";
  readonly cursor = "crosshair";
  private points: Pt[] = [];
  private at: Pt | null = null;
  private pressed = false;

  constructor(private readonly editor: Editor) {}

  down(e: ToolEvent): void {
    const at = this.inside(e),
      [first] = this.points,
      last = this.points.at(-1);
    this.at = at;
    if (e.count > 1 && this.points.length >= 3) {
      this.finish();
      return;
    }
    if (first && this.points.length >= 3 && this.near(first, at, e.touch)) {
      this.finish();
      return;
    }
    this.pressed = true;
    if (last?.[0] === at[0] && last[1] === at[1]) return;
    this.points = [...this.points, at];
    this.editor.set({ drawing: true });
  }

  move(e: ToolEvent): void {
    this.at = this.inside(e);
    if (!this.pressed) return;
    // Freehand: a vertex every dozen screen pixels describes what a hand can mean.
    for (const [x, y] of e.samples) {
      const at: Pt = [tidy(within(x, this.editor.image.width)), tidy(within(y, this.editor.image.height))],
        last = this.points.at(-1);
      if (last && !this.near(last, at, false)) this.points = [...this.points, at];
    }
  }

  up(): void {
    this.pressed = false;
  }

  key(key: "close" | "back"): boolean {
    if (key === "back") {
      if (!this.points.length) return false;
      this.points = this.points.slice(0, -1);
      this.editor.set({ drawing: this.points.length > 0 });
      return true;
    }
    if (this.points.length) this.finish();
    else this.place();
    return true;
  }

  cancel(): boolean {
    const had = this.points.length > 0;
    this.points = [];
    this.pressed = false;
    if (had) this.editor.set({ drawing: false });
    return had;
  }

  paint(pen: Pen): void {
    const [first] = this.points;
    if (!first || !this.at) return;
    const color = this.editor.vocabulary.object(this.editor.state.armed)?.color ?? "#fff";
    pen.line([...this.points, this.at], color, { fill: this.points.length > 1 });
    if (this.points.length > 1) pen.line([this.at, first], color, { dashed: true });
    for (const [x, y] of this.points) pen.dot(x, y, "#fff", 3);
    pen.dot(first[0], first[1], this.points.length >= 3 && this.near(first, this.at, false) ? "#ffd43b" : color, 5);
  }

  private finish(): void {
    const { editor, points } = this;
    if (points.length < 3) {
      editor.say(notes.fewCorners, "warning");
      return;
    }
    // The server refuses outlines that cross themselves; better said while the hand can still mend it.
    if (!isSimple(points)) {
      editor.say(notes.crossing, "warning");
      return;
    }
    const label = editor.draft(newId(), "polygon", { polygons: [[points]] });
    this.cancel();
    if (label) editor.drawn("Draw polygon", label);
  }

  private place(): void {
    const { editor } = this,
      { view, port } = editor.state,
      { width, height } = editor.image,
      half = port.height / 10 / view.k;
    const x = (port.width / 2 - view.x) / view.k,
      y = (port.height / 2 - view.y) / view.k;
    const [l, r, t, b] = [
      within(x - half, width),
      within(x + half, width),
      within(y - half, height),
      within(y + half, height),
    ].map(tidy) as [number, number, number, number];
    const ring: Pt[] = [
        [l, t],
        [r, t],
        [r, b],
        [l, b],
      ],
      label = editor.draft(newId(), "polygon", { polygons: [[ring]] });
    if (!label || !isSimple(ring)) return;
    editor.drawn("Draw polygon", label);
    editor.select([label.id]);
  }

  private near(a: Pt, b: Pt, touch: boolean): boolean {
    return Math.hypot(a[0] - b[0], a[1] - b[1]) * this.editor.state.view.k < (touch ? TOUCH_GRIP_PX : GRIP_PX);
  }

  private inside(e: ToolEvent): Pt {
    return [tidy(within(e.x, this.editor.image.width)), tidy(within(e.y, this.editor.image.height))];
  }
}
