import type { Editor } from "../core/editor";
import { type Box, clampedDelta, union } from "../core/geometry";
import { dragged, faultOf, grown, handlesOf, isEditable, moved, shrunk } from "../core/kinds";
import type { Handle } from "../core/kinds/kind";
import { notes } from "../core/notes";
import type { Pen } from "../core/pen";
import type { DrawnLabel } from "../core/types";
import { CLICK_PX, GRIP_PX, REACH_PX, TOUCH_GRIP_PX, type Tool, type ToolEvent, within } from "./tool";

type Gesture =
  | { readonly kind: "idle" }
  | {
      readonly kind: "press";
      readonly from: ToolEvent;
      readonly labels: readonly DrawnLabel[];
      readonly bounds: Box;
      readonly onUp: (() => void) | null;
    }
  | { readonly kind: "move"; readonly from: ToolEvent; readonly labels: readonly DrawnLabel[]; readonly bounds: Box }
  | {
      readonly kind: "reshape";
      readonly label: DrawnLabel;
      readonly handle: Handle;
      readonly offset: readonly [number, number];
    }
  | { readonly kind: "frame"; readonly from: ToolEvent; readonly to: ToolEvent; readonly keep: readonly string[] };

const IDLE: Gesture = { kind: "idle" };
const FAULTS = { crossing: notes.wouldCross, tiny: notes.wouldVanish } as const;

/** Select, move, resize, vertices. Handles of the one selected label come first, then what lies under the pointer, else a frame is drawn. */
export class SelectTool implements Tool {
  readonly name = "select";
  readonly cursor = "default";
  private gesture: Gesture = IDLE;

  constructor(private readonly editor: Editor) {}

  down(e: ToolEvent): void {
    const { editor } = this,
      { selection, readOnly, view } = editor.state;
    const handle = readOnly ? null : this.handleAt(e);
    if (handle) {
      this.takeHandle(handle.label, handle.handle, e);
      return;
    }
    if (e.alt && !readOnly && this.insert(e)) return;
    const under = editor.scene.hit(e.x, e.y, REACH_PX / view.k);
    if (!under) {
      if (!e.shift) editor.select([]);
      this.gesture = { kind: "frame", from: e, to: e, keep: e.shift ? selection : [] };
      return;
    }
    const chosen = selection.includes(under.id);
    if (e.shift) {
      editor.select(chosen ? selection.filter((id) => id !== under.id) : [...selection, under.id]);
      return;
    }
    if (!chosen) editor.select([under.id]);
    // A press on one of several selected may begin to move them all; only a click narrows the selection to it.
    const onUp = chosen && selection.length > 1 ? () => editor.select([under.id]) : null;
    const labels = readOnly
      ? []
      : (editor.selected.filter((l) => l.shape !== "classification" && isEditable(l.shape)) as DrawnLabel[]);
    this.gesture = { kind: "press", from: e, labels, bounds: this.boundsOf(labels), onUp };
  }

  move(e: ToolEvent): void {
    const { editor, gesture: g } = this;
    switch (g.kind) {
      case "idle": {
        const handle = editor.state.readOnly ? null : this.handleAt(e);
        const under = handle ? null : editor.scene.hit(e.x, e.y, REACH_PX / editor.state.view.k);
        const hover = under?.id ?? null,
          cursor = handle?.handle.cursor ?? (under ? "pointer" : "default");
        if (hover !== editor.state.hover || cursor !== editor.state.cursor) editor.set({ hover, cursor });
        return;
      }
      case "press":
        if (Math.hypot(e.sx - g.from.sx, e.sy - g.from.sy) < CLICK_PX || !g.labels.length) return;
        this.gesture = { kind: "move", from: g.from, labels: g.labels, bounds: g.bounds };
        this.move(e);
        return;
      case "move": {
        const { width, height } = editor.image,
          [dx, dy] = clampedDelta(g.bounds, e.x - g.from.x, e.y - g.from.y, width, height);
        editor.set({ held: g.labels.map((l) => moved(l, dx, dy)) });
        return;
      }
      case "reshape": {
        const { width, height } = editor.image,
          turn = g.handle.role === "turn";
        const x = e.x - g.offset[0],
          y = e.y - g.offset[1];
        const next = dragged(g.label, g.handle, turn ? x : within(x, width), turn ? y : within(y, height), e.shift);
        editor.set({ held: [next] });
        return;
      }
      case "frame":
        this.gesture = { ...g, to: e };
    }
  }

  up(e: ToolEvent): void {
    const { editor, gesture: g } = this;
    this.gesture = IDLE;
    if (g.kind === "press") g.onUp?.();
    if (g.kind === "frame") {
      if (Math.hypot(e.sx - g.from.sx, e.sy - g.from.sy) >= CLICK_PX)
        editor.select([...new Set([...g.keep, ...this.framed(g.from, e)])]);
      return;
    }
    if (g.kind !== "move" && g.kind !== "reshape") return;
    this.settle(g.kind === "move" ? "Move" : g.handle.role === "vertex" ? "Move vertex" : "Resize");
    const { vertex } = editor.state,
      [only] = editor.selected;
    if (vertex && only && only.shape !== "classification")
      editor.set({ vertex: handlesOf(only).find((h) => same(h, vertex)) ?? null });
  }

  key(key: "close" | "back"): boolean {
    if (key === "back" && this.editor.state.vertex) return this.dropVertex();
    return false;
  }

  cancel(): boolean {
    const busy = this.gesture.kind !== "idle",
      { vertex, selection, held } = this.editor.state;
    this.gesture = IDLE;
    if (held.length) this.editor.set({ held: [] });
    if (busy) return true;
    if (vertex) this.editor.set({ vertex: null });
    else if (selection.length) this.editor.select([]);
    return vertex !== null || selection.length > 0;
  }

  paint(pen: Pen): void {
    if (this.gesture.kind !== "frame") return;
    const { from: a, to: b } = this.gesture;
    if (Math.hypot(a.sx - b.sx, a.sy - b.sy) >= CLICK_PX)
      pen.line(
        [
          [a.x, a.y],
          [b.x, a.y],
          [b.x, b.y],
          [a.x, b.y],
        ],
        "#fff",
        { closed: true, dashed: true },
      );
  }

  /** Moves the chosen vertex, or all that is selected, by image pixels. */
  nudge(dx: number, dy: number): void {
    const { editor } = this,
      { vertex, readOnly } = editor.state,
      { width, height } = editor.image;
    const labels = editor.selected.filter((l) => l.shape !== "classification" && isEditable(l.shape)) as DrawnLabel[],
      [only] = labels;
    if (readOnly || !only) return;
    if (vertex && labels.length === 1) {
      const x = within(vertex.x + dx, width),
        y = within(vertex.y + dy, height);
      editor.set({ held: [dragged(only, vertex, x, y, false)] });
      this.settle("Move vertex");
      editor.set({ vertex: { ...vertex, x, y } });
      return;
    }
    const [mx, my] = clampedDelta(this.boundsOf(labels), dx, dy, width, height);
    editor.put("Nudge", ...labels.map((l) => moved(l, mx, my)));
  }

  /** Chooses the next handle of the one selected label, for the arrow keys. */
  stepVertex(by: number): void {
    const [only] = this.editor.selected,
      { vertex } = this.editor.state;
    if (!only || only.shape === "classification") return;
    const handles = handlesOf(only),
      at = vertex ? handles.findIndex((h) => same(h, vertex)) : by > 0 ? -1 : 0;
    const next = handles[(at + by + handles.length) % handles.length];
    if (!next) return;
    this.editor.set({ vertex: next });
    this.editor.say(notes.handle(next.role, ((at + by + handles.length) % handles.length) + 1, handles.length));
  }

  private dropVertex(): boolean {
    const [only] = this.editor.selected,
      { vertex } = this.editor.state;
    if (!only || !vertex || only.shape === "classification") return false;
    const next = shrunk(only, vertex);
    if (next && !faultOf(next)) this.editor.put("Remove vertex", next);
    this.editor.set({ vertex: null });
    return next !== null;
  }

  /** Ends a gesture: one command, or everything back where it was when the server would refuse the result. */
  private settle(name: string): void {
    const { held } = this.editor.state,
      fault = held.map(faultOf).find(Boolean);
    if (fault) this.editor.say(FAULTS[fault], "warning");
    else this.editor.put(name, ...held);
    this.editor.set({ held: [] });
  }

  private takeHandle(label: DrawnLabel, handle: Handle, e: ToolEvent): void {
    if (e.alt && handle.role === "vertex") {
      const next = shrunk(label, handle);
      if (next && !faultOf(next)) this.editor.put("Remove vertex", next);
      return;
    }
    if (handle.role === "vertex") this.editor.set({ vertex: handle });
    this.gesture = { kind: "reshape", label, handle, offset: [e.x - handle.x, e.y - handle.y] };
  }

  private insert(e: ToolEvent): boolean {
    const [only] = this.editor.selected;
    if (!only || only.shape === "classification") return false;
    const next = grown(only, e.x, e.y, REACH_PX / this.editor.state.view.k);
    if (next) this.editor.put("Add vertex", next);
    return next !== null;
  }

  private handleAt(e: ToolEvent): { label: DrawnLabel; handle: Handle } | null {
    const [only, second] = this.editor.selected;
    if (!only || second || only.shape === "classification" || !isEditable(only.shape)) return null;
    let best: Handle | null = null,
      least = (e.touch ? TOUCH_GRIP_PX : GRIP_PX) / this.editor.state.view.k;
    const item = this.editor.scene.item(only.id);
    // Small shapes are all handle; leave their middle to moving.
    if (item && only.shape !== "keypoint")
      least = Math.min(
        least,
        Math.max(3 / this.editor.state.view.k, Math.max(item.maxX - item.minX, item.maxY - item.minY) / 4),
      );
    for (const h of handlesOf(only)) {
      const d = Math.hypot(h.x - e.x, h.y - e.y);
      if (d < least) {
        least = d;
        best = h;
      }
    }
    return best && { label: only, handle: best };
  }

  private framed(a: ToolEvent, b: ToolEvent): string[] {
    const box = {
      minX: Math.min(a.x, b.x),
      minY: Math.min(a.y, b.y),
      maxX: Math.max(a.x, b.x),
      maxY: Math.max(a.y, b.y),
    };
    return this.editor.scene
      .search(box)
      .filter((i) => i.minX >= box.minX && i.minY >= box.minY && i.maxX <= box.maxX && i.maxY <= box.maxY)
      .map((i) => i.id);
  }

  private boundsOf(labels: readonly DrawnLabel[]): Box {
    const [first, ...rest] = labels.flatMap((l) => this.editor.scene.item(l.id) ?? []);
    return first ? rest.reduce<Box>(union, first) : { minX: 0, minY: 0, maxX: 0, maxY: 0 };
  }
}

const same = (a: Handle, b: Handle) =>
  a.role === b.role && a.part === b.part && a.ring === b.ring && a.index === b.index;
