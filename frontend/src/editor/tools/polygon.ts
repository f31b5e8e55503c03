import type { Assistant } from "../core/assist";
import type { Editor } from "../core/editor";
import { isSimple } from "../core/geometry";
import { newId } from "../core/ids";
import { tidy } from "../core/kinds/kind";
import { notes } from "../core/notes";
import { unknotted } from "../core/outline";
import type { Pen } from "../core/pen";
import type { Origin, Pt } from "../core/types";
import { GRIP_PX, TOUCH_GRIP_PX, type Tool, type ToolEvent, within } from "./tool";
import { Wire } from "./wire";

/** Every corner is the hand's; the way between them was found for it. */
const SNAPPED: Origin = { kind: "human", model: null, prompts: { tool: "live-wire" }, edited: false };

/**
 * A vertex a click; the first vertex, Enter or a double click closes. While the button is held, the line follows the hand. With the wire on,
 * the line between two clicks follows the edge in the image instead.
 */
export class PolygonTool implements Tool {
  readonly name = "polygon";
  readonly cursor = "crosshair";
  private readonly wire: Wire;
  private at: Pt | null = null;
  private pressed = false;
  /** The last edge is being looked for, or was found. */
  private closing = false;
  private closed = false;
  /** Whether any part of the outline was laid by the assistant. */
  private snapped = false;

  constructor(
    private readonly editor: Editor,
    assistant: Assistant,
    repaint: () => void,
  ) {
    this.wire = new Wire(assistant, repaint);
  }

  private get points(): readonly Pt[] {
    return this.wire.points;
  }

  down(e: ToolEvent): void {
    if (this.closing) return;
    const at = this.inside(e),
      [first] = this.points,
      { last } = this.wire;
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
    if (this.editor.state.wire && last) {
      this.snapped = true;
      this.wire.snap(at);
    } else this.wire.add(at);
    this.editor.set({ drawing: true });
  }

  move(e: ToolEvent): void {
    this.at = this.inside(e);
    if (this.closing) return;
    if (this.editor.state.wire) {
      this.wire.peek(this.at);
      return;
    }
    if (!this.pressed) return;
    // Freehand: a vertex every dozen screen pixels describes what a hand can mean.
    for (const [x, y] of e.samples) {
      const at: Pt = [tidy(within(x, this.editor.image.width)), tidy(within(y, this.editor.image.height))],
        { last } = this.wire;
      if (last && !this.near(last, at, false)) this.wire.add(at);
    }
  }

  up(): void {
    this.pressed = false;
  }

  key(key: "close" | "back"): boolean {
    if (key === "back") {
      if (!this.wire.length || this.closing) return false;
      this.wire.back();
      this.editor.set({ drawing: this.wire.length > 0 });
      return true;
    }
    if (this.points.length) this.finish();
    else this.place();
    return true;
  }

  cancel(): boolean {
    const had = this.wire.length > 0;
    this.wire.clear();
    this.pressed = this.closing = this.closed = this.snapped = false;
    if (had) this.editor.set({ drawing: false });
    return had;
  }

  paint(pen: Pen): void {
    const [first] = this.points;
    if (!first || !this.at) return;
    const color = this.editor.vocabulary.object(this.editor.state.armed)?.color ?? "#fff";
    const way = this.closing ? [] : this.editor.state.wire ? this.wire.wayTo(this.at) : [this.at];
    pen.line([...this.points, ...way], color, { fill: this.points.length > 1 });
    if (this.points.length > 1) pen.line([way.at(-1) ?? first, first], color, { dashed: true });
    for (const [x, y] of this.wire.anchors) pen.dot(x, y, "#fff", 3);
    pen.dot(first[0], first[1], this.points.length >= 3 && this.near(first, this.at, false) ? "#ffd43b" : color, 5);
  }

  /** With the wire on, the last edge is laid like the others, and edges still being looked for are waited for. */
  private finish(): void {
    if (this.closing) return;
    if (this.editor.state.wire && this.points.length >= 2) {
      this.snapped = true;
      this.closed = true;
      this.wire.close();
    }
    if (!this.wire.pending) {
      this.make();
      return;
    }
    this.closing = true;
    void this.wire.settled().then(() => {
      if (this.closing) this.make();
    });
  }

  private make(): void {
    const { editor } = this,
      points = this.snapped ? unknotted(this.points) : this.points;
    this.closing = false;
    // The server refuses outlines that cross themselves; better said while the hand can still mend it.
    if (points.length < 3 || !isSimple(points)) {
      if (this.closed) this.wire.back();
      this.closed = false;
      editor.say(points.length < 3 ? notes.fewCorners : notes.crossing, "warning");
      return;
    }
    const drafted = editor.draft(newId(), "polygon", { polygons: [[points]] }),
      label = drafted && this.snapped ? { ...drafted, origin: SNAPPED } : drafted;
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
