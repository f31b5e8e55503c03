import type { Editor } from "../core/editor";
import { newId } from "../core/ids";
import { MaskBuffer } from "../core/mask";
import { notes } from "../core/notes";
import type { Pen } from "../core/pen";
import type { DrawnLabel } from "../core/types";
import type { Tool, ToolEvent } from "./tool";

type Bitmask = Extract<DrawnLabel, { shape: "bitmask" }>;

const STEP = 1.25;
const LEAST = 0.5;

/**
 * Paints and erases masks, one command a stroke. What was painted last, or was selected, goes on growing until Enter; only the box that
 * a stroke touches is read or drawn again.
 */
export class BrushTool implements Tool {
  readonly name = "brush";
  readonly cursor = "crosshair";
  /** The label that strokes go to, by id. */
  private target: string | null = null;
  private made: MaskBuffer | null = null;
  /** What the buffer holds: after an undo elsewhere it is read again. */
  private loaded: Bitmask | null = null;
  private stroking: { erase: boolean; x: number; y: number } | null = null;
  private last: readonly [number, number] | null = null;
  private at: readonly [number, number] | null = null;
  private erasing = false;

  constructor(private readonly editor: Editor) {}

  /** Goes on with a saved mask. */
  take(label: DrawnLabel | null): void {
    this.target = label?.shape === "bitmask" ? label.id : null;
  }

  /** The mask in hand, for whoever refines it. */
  get current(): DrawnLabel | null {
    return this.label();
  }

  down(e: ToolEvent): void {
    const erase = this.editor.state.brush.erase !== e.alt,
      { armed, brush } = this.editor.state;
    let label = this.label();
    // Another class in hand begins another mask; the eraser works on whatever mask lies under it.
    if (label && !erase && this.editor.vocabulary.object(label.class)?.id !== armed) label = null;
    if (erase && !label) label = this.maskAt(e.x, e.y);
    if (erase && !label) {
      this.editor.say(notes.nothingToErase);
      return;
    }
    this.load(label);
    this.target = label?.id ?? null;
    const from = e.shift && this.last ? this.last : ([e.x, e.y] as const);
    this.stroking = { erase, x: e.x, y: e.y };
    this.buffer.stroke(from[0], from[1], e.x, e.y, brush.radius, erase ? 0 : 1);
    this.at = this.last = [e.x, e.y];
    this.editor.set({ drawing: true, veiled: this.target });
  }

  move(e: ToolEvent): void {
    this.at = [e.x, e.y];
    this.erasing = this.editor.state.brush.erase !== e.alt;
    const s = this.stroking;
    if (!s) return;
    for (const [x, y] of e.samples) {
      this.buffer.stroke(s.x, s.y, x, y, this.editor.state.brush.radius, s.erase ? 0 : 1);
      s.x = x;
      s.y = y;
    }
    this.last = [s.x, s.y];
  }

  up(e: ToolEvent): void {
    if (!this.stroking) return;
    this.move(e);
    this.finish(this.stroking.erase);
  }

  key(key: "close" | "back"): boolean {
    if (key === "back") return this.cancelStroke();
    if (this.stroking) this.finish(this.stroking.erase);
    else if (this.label()) this.target = null;
    else this.place();
    return true;
  }

  cancel(): boolean {
    if (this.cancelStroke()) return true;
    const had = this.label() !== null;
    this.target = null;
    return had;
  }

  /** Wider or narrower by a quarter. */
  resize(by: 1 | -1): void {
    const { width, height } = this.editor.image,
      { brush } = this.editor.state,
      radius = brush.radius * STEP ** by;
    this.editor.set({ brush: { ...brush, radius: Math.min(Math.max(width, height) / 4, Math.max(LEAST, radius)) } });
  }

  swap(): void {
    const { brush } = this.editor.state;
    this.editor.set({ brush: { ...brush, erase: !brush.erase } });
  }

  paint(pen: Pen): void {
    const { editor } = this,
      label = this.label();
    if (this.stroking)
      pen.mask(this.buffer, editor.vocabulary.object(label?.class ?? editor.state.armed)?.color ?? "#fff");
    else if (label) this.frame(pen, label.id);
    if (this.at) pen.ring(this.at[0], this.at[1], editor.state.brush.radius, this.erasing);
  }

  /** Which mask the next stroke goes to. */
  private frame(pen: Pen, id: string): void {
    const item = this.editor.scene.item(id);
    if (!item) return;
    const { minX, minY, maxX, maxY } = item;
    pen.line(
      [
        [minX, minY],
        [maxX, minY],
        [maxX, maxY],
        [minX, maxY],
      ],
      "#fff",
      { closed: true, dashed: true },
    );
  }

  private get buffer(): MaskBuffer {
    this.made ??= new MaskBuffer(this.editor.image);
    return this.made;
  }

  private label(): Bitmask | null {
    const label = this.target ? this.editor.scene.get(this.target) : undefined;
    return label?.shape === "bitmask" ? label : null;
  }

  private maskAt(x: number, y: number): Bitmask | null {
    const found = this.editor.scene.hit(x, y, 0, (item) => item.mask === null)?.label;
    return found?.shape === "bitmask" ? found : null;
  }

  private load(label: Bitmask | null): void {
    if (label && this.loaded?.id === label.id && this.loaded.geometry === label.geometry) return;
    if (label) this.buffer.load(label.geometry);
    else this.buffer.clear();
    this.loaded = label;
  }

  private finish(erase: boolean): void {
    const { editor } = this,
      label = this.label(),
      geometry = this.buffer.geometry();
    this.stroking = null;
    const next = !geometry ? null : label ? { ...label, geometry } : editor.draft(newId(), "bitmask", geometry);
    // The buffer holds what is about to be in the scene: the next stroke need not read it.
    this.loaded = next?.shape === "bitmask" ? next : null;
    if (!next) {
      if (label) editor.remove("Erase the mask", [label.id]);
      this.buffer.clear();
      this.target = null;
    } else if (label) editor.put(erase ? "Erase" : "Paint", next);
    else {
      editor.drawn("Paint", next);
      // What is shown as missing is no label to go on with.
      this.target = editor.scene.get(next.id) ? next.id : null;
    }
    editor.set({ drawing: false, veiled: null });
  }

  private cancelStroke(): boolean {
    if (!this.stroking) return false;
    this.stroking = null;
    this.loaded = null;
    this.buffer.clear();
    this.editor.set({ drawing: false, veiled: null });
    return true;
  }

  /** Without a pointer: a disc in the middle of the view. */
  private place(): void {
    const { view, port, brush } = this.editor.state;
    const x = (port.width / 2 - view.x) / view.k,
      y = (port.height / 2 - view.y) / view.k;
    this.load(null);
    this.buffer.stroke(x, y, x, y, brush.radius, 1);
    if (this.buffer.geometry()) this.finish(false);
  }
}
