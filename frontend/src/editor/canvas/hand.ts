/** The top layer: what is hovered, selected, held or being drawn. It is small, so it is simply redrawn in every frame that needs it. */
import type { Editor } from "../core/editor";
import { compile, type Item } from "../core/item";
import { handlesOf, isEditable } from "../core/kinds";
import type { Handle } from "../core/kinds/kind";
import type { Pen } from "../core/pen";
import type { DrawnLabel } from "../core/types";
import type { View } from "../core/view";
import { MaskLayer } from "./masklayer";
import { HALO, type Look, POINT_RADIUS, paint, spots, traceLines, traceRings } from "./painter";
import { penOn } from "./pen";

const HANDLE_PX = 7;
/** Above this number handles would cover what they are for. */
const MAX_HANDLES = 400;

export class Hand {
  readonly canvas = document.createElement("canvas");
  private readonly ink: CanvasRenderingContext2D;
  private readonly masks = new MaskLayer();
  private stained = false;
  private ratio = 1;

  constructor(
    host: HTMLElement,
    private readonly editor: Editor,
    private readonly look: (item: Item) => Look,
  ) {
    this.canvas.style.cssText = "position:absolute;left:0;top:0;width:100%;height:100%;pointer-events:none";
    this.canvas.setAttribute("aria-hidden", "true");
    host.append(this.canvas);
    const ink = this.canvas.getContext("2d");
    if (!ink) throw new Error("This browser has no 2D canvas.");
    this.ink = ink;
  }

  resize(width: number, height: number, ratio: number): void {
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  paint(tool: ((pen: Pen) => void) | null): void {
    const {
      ink: g,
      ratio,
      editor: { state, scene },
    } = this;
    if (this.stained) g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.stained = false;
    const view: View = { x: state.view.x * ratio, y: state.view.y * ratio, k: state.view.k * ratio };
    const held = new Map(state.held.map((l) => [l.id, l]));
    if (!state.hidden) {
      for (const id of new Set([state.focus, state.hover])) {
        const item =
          id && id !== state.veiled && !held.has(id) && !state.selection.includes(id) ? scene.item(id) : undefined;
        if (item) this.lift(item, view, false);
      }
    }
    for (const id of state.selection) {
      const label = held.get(id) ?? scene.get(id);
      held.delete(id);
      if (!label || label.shape === "classification" || id === state.veiled) continue;
      this.lift(
        state.held.includes(label as DrawnLabel) ? this.compiled(label) : (scene.item(id) ?? this.compiled(label)),
        view,
        true,
      );
      if (!state.readOnly && state.selection.length === 1) this.grips(label, view, state.vertex);
    }
    for (const label of held.values()) this.lift(this.compiled(label), view, true);
    if (tool) tool(this.pen(view));
  }

  private compiled(label: DrawnLabel): Item {
    return compile(
      label,
      label.shape === "skeleton" ? (this.editor.vocabulary.object(label.class)?.template ?? null) : null,
    );
  }

  private lift(item: Item, view: View, strong: boolean): void {
    const g = this.ink,
      { color, mark } = this.look(item),
      r = this.ratio;
    this.stained = true;
    if (item.mask)
      paint(g, [item], view, { look: () => ({ color, mark }), fill: 0.5, ratio: r, name: null, ghosts: [] });
    if (item.mask) {
      g.strokeStyle = "#fff";
      g.lineWidth = r;
      g.strokeRect(
        item.minX * view.k + view.x,
        item.minY * view.k + view.y,
        (item.maxX - item.minX) * view.k,
        (item.maxY - item.minY) * view.k,
      );
      return;
    }
    g.beginPath();
    traceRings(g, item, view, true);
    g.fillStyle = color;
    // Under judgement the object itself must be seen, not its colour.
    g.globalAlpha = this.editor.state.focus ? 0 : this.editor.state.fill * (strong ? 0.7 : 0.5);
    g.fill();
    g.globalAlpha = 1;
    traceLines(g, item, view, true);
    g.strokeStyle = HALO;
    g.lineWidth = (strong ? 5 : 4) * r;
    g.stroke();
    g.strokeStyle = strong ? "#fff" : color;
    g.lineWidth = (strong ? 2.5 : 2) * r;
    g.setLineDash(mark === "rejected" ? [6 * r, 4 * r] : []);
    g.stroke();
    g.setLineDash([]);
    g.beginPath();
    spots(g, item, view, (POINT_RADIUS + 1.5) * r);
    g.fill();
    g.fillStyle = color;
    g.fill();
    g.lineWidth = 2 * r;
    g.stroke();
  }

  private grips(label: DrawnLabel, view: View, vertex: Handle | null): void {
    const handles = isEditable(label.shape) ? handlesOf(label) : [];
    if (handles.length > MAX_HANDLES) return;
    const g = this.ink,
      size = HANDLE_PX * this.ratio;
    g.lineWidth = 1.5 * this.ratio;
    g.strokeStyle = "#1a1b1e";
    for (const h of handles) {
      const chosen =
        vertex?.part === h.part && vertex.ring === h.ring && vertex.index === h.index && vertex.role === h.role;
      const x = h.x * view.k + view.x,
        y = h.y * view.k + view.y,
        s = chosen ? size * 1.6 : size;
      g.fillStyle = chosen ? "#ffd43b" : "#fff";
      g.beginPath();
      if (h.role === "turn") g.arc(x, y, s * 0.65, 0, 7);
      else g.rect(x - s / 2, y - s / 2, s, s);
      g.fill();
      g.stroke();
    }
  }

  private pen(view: View): Pen {
    return penOn(this.ink, view, this.ratio, this.masks, () => {
      this.stained = true;
    });
  }
}
