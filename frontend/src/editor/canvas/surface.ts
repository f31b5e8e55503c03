/**
 * The three stacked layers: photo, labels, hand.
 *  1. A gesture never redraws shapes: photo and labels are settled rasters that a CSS transform moves and scales; a crisp redraw follows
 *     when the hand rests, or inside the gesture when it is cheap.
 *  2. A redraw touches only what the view holds (R-tree).
 *  3. What is in the hand lives alone on the top layer; an edit repairs one dirty rectangle of the label raster.
 */
import type { Editor } from "../core/editor";
import { type Box, grown } from "../core/geometry";
import type { Item } from "../core/item";
import type { Pen } from "../core/pen";
import type { State } from "../core/state";
import { fitted, seen, type View } from "../core/view";
import { Hand } from "./hand";
import { bleed, type Look, paint } from "./painter";
import type { PhotoSource } from "./photo";
import { MARGIN, Raster } from "./raster";

const SETTLE_MS = 120;
/** A redraw whose forecast is below this happens inside the gesture. */
const BUDGET_MS = 8;
/** A dearer one happens there only when the view left the raster, and a share 1/PATIENCE of the time. */
const PATIENCE = 5;
/** More changes at once than this are a redraw, not repairs. */
const MANY = 40;
/** Above two device pixels a CSS pixel, rasters cost memory that nobody sees. */
const MAX_RATIO = 2;
const PLAIN: Look = { color: "#868e96", mark: "none" };

export class Surface {
  readonly stats = { redraws: 0, repairs: 0, drawn: 0, redrawMs: 0 };
  /** What the tool in hand draws. */
  tool: ((pen: Pen) => void) | null = null;
  background = "#1f1f1f";
  private readonly photo: Raster;
  private readonly labels: Raster;
  private readonly hand: Hand;
  private source: PhotoSource | null = null;
  private lifted = new Set<string>();
  private cost = 0.02;
  private frame = 0;
  private sizing = false;
  private timer = 0;
  private lastRedraw = 0;
  private readonly stops: (() => void)[];

  constructor(
    private readonly host: HTMLElement,
    private readonly editor: Editor,
  ) {
    this.photo = new Raster(host, false);
    this.labels = new Raster(host, true);
    this.hand = new Hand(host, editor, this.look);
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(host);
    this.stops = [
      () => sizes.disconnect(),
      editor.store.subscribe((now, before) => this.follow(now, before)),
      editor.scene.onChange((changes) => {
        if (changes === "all" || changes.length > MANY) this.redrawLabels();
        else
          for (const { before, after } of changes) {
            if (before) this.repair(before);
            if (after) this.repair(after);
          }
        this.invalidate();
      }),
      editor.onCommit(({ changes }) => {
        if (changes.length > MANY) return this.redraw();
        for (const change of changes) {
          if (change.kind !== "verdict") continue;
          const item = editor.scene.item(change.id);
          if (!item) return this.redraw();
          this.repair(item);
        }
        this.invalidate();
      }),
    ];
    this.resize();
  }

  close(): void {
    for (const stop of this.stops) stop();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.host.replaceChildren();
  }

  show(source: PhotoSource | null): void {
    this.source = source;
    this.redrawPhoto();
    this.invalidate();
  }

  /** Redraws the labels: after verdicts, ghosts or colours changed as a whole. */
  redraw(): void {
    this.redrawLabels();
    this.invalidate();
  }

  invalidate(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const { view } = this.editor.state;
      if (this.photo.view.k) this.photo.place(view);
      if (this.labels.view.k) this.labels.place(view);
      this.hand.paint(this.tool);
    });
  }

  readonly look = (item: Item): Look => {
    const color = this.editor.vocabulary.object(item.label.class)?.color ?? PLAIN.color;
    if (!this.editor.verdicts.size) return { color, mark: this.editor.flagged.has(item.id) ? "past" : "none" };
    return {
      color,
      mark: this.editor.verdicts.get(item.id)?.verdict ?? (this.editor.flagged.has(item.id) ? "past" : "none"),
    };
  };

  private resize(): void {
    const width = this.host.clientWidth,
      height = this.host.clientHeight,
      ratio = Math.min(MAX_RATIO, window.devicePixelRatio || 1);
    const { port, view } = this.editor.state;
    if (
      !width ||
      !height ||
      (width === port.width && height === port.height && ratio === this.photo.ratio && this.photo.view.k)
    )
      return;
    this.photo.resize({ width, height }, ratio);
    this.labels.resize({ width, height }, ratio);
    this.hand.resize(width, height, ratio);
    // What was in the middle stays there; the first size shows the whole image.
    const next = port.width
      ? { k: view.k, x: view.x + (width - port.width) / 2, y: view.y + (height - port.height) / 2 }
      : fitted(this.editor.bounds, { width, height });
    // The view that this sets is drawn once, below, not by those who follow the view.
    this.sizing = true;
    this.editor.set({ port: { width, height }, view: next });
    this.sizing = false;
    this.redrawPhoto();
    this.redrawLabels();
    this.invalidate();
  }

  private follow(now: State, before: State): void {
    if (this.sizing) return;
    if (now.view !== before.view) this.moved(now.view);
    if (now.held !== before.held || now.veiled !== before.veiled) this.lift(now);
    if (now.names !== before.names || now.fill !== before.fill) this.redrawLabels();
    if (now.hidden !== before.hidden || now.drawing !== before.drawing || now.focus !== before.focus) {
      this.labels.canvas.style.opacity = now.hidden ? "0" : now.focus ? "0.4" : now.drawing ? "0.6" : "1";
    }
    this.invalidate();
  }

  private moved(view: View): void {
    if (!this.photo.covers(view)) this.redrawPhoto();
    const blurred = this.labels.view.k !== view.k,
      bare = !this.labels.covers(view);
    if (!blurred && !bare) return;
    const ms = this.forecast(view);
    if (ms < BUDGET_MS || (bare && performance.now() - this.lastRedraw > PATIENCE * ms)) this.redrawLabels();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.settle(), SETTLE_MS);
  }

  /** What the hand holds leaves the raster, and comes back to it when the hand lets go. */
  private lift(now: State): void {
    const next = new Set(now.held.map((l) => l.id));
    if (now.veiled) next.add(now.veiled);
    const crossing = [...next, ...this.lifted].filter((id) => next.has(id) !== this.lifted.has(id));
    this.lifted = next;
    for (const id of crossing) {
      const item = this.editor.scene.item(id);
      if (item) this.repair(item);
    }
  }

  private settle(): void {
    const { view } = this.editor.state;
    if (this.photo.view.k !== view.k) this.redrawPhoto();
    if (this.labels.view.k !== view.k || !this.labels.covers(view)) this.redrawLabels();
    this.invalidate();
  }

  private forecast(view: View): number {
    const { width, height } = this.editor.state.port,
      mx = MARGIN * width,
      my = MARGIN * height;
    return (
      this.cost *
      this.editor.scene.search(
        seen({ ...view, x: view.x + mx, y: view.y + my }, { width: width + 2 * mx, height: height + 2 * my }),
      ).length
    );
  }

  private redrawPhoto(): void {
    const raster = this.photo,
      { port, view } = this.editor.state;
    if (!port.width) return;
    raster.start(view);
    raster.ink.fillStyle = this.background;
    raster.ink.fillRect(0, 0, raster.canvas.width, raster.canvas.height);
    this.source?.draw(raster.ink, raster.device, raster.box());
  }

  private redrawLabels(): void {
    if (!this.editor.state.port.width) return;
    clearTimeout(this.timer);
    const started = performance.now(),
      raster = this.labels;
    raster.start(this.editor.state.view);
    raster.ink.clearRect(0, 0, raster.canvas.width, raster.canvas.height);
    const drawn = this.draw(raster.box());
    this.stats.redraws++;
    this.stats.drawn = drawn;
    this.lastRedraw = started;
    // A canvas rasters after the script: the honest price is the time until the frame after the next one begins.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.stats.redrawMs = performance.now() - started;
        if (drawn > 50) this.cost = 0.5 * this.cost + (0.5 * this.stats.redrawMs) / drawn;
      }),
    );
  }

  /** Repaints one rectangle of the label raster: cheap enough for every edit. */
  private repair(box: Box): void {
    const {
        ink,
        device: { x, y, k },
      } = this.labels,
      pad = bleed(this.labels.ratio, this.editor.state.names);
    if (!k) return;
    const left = Math.floor(box.minX * k + x - pad),
      top = Math.floor(box.minY * k + y - pad);
    const width = Math.ceil(box.maxX * k + x + pad) - left,
      height = Math.ceil(box.maxY * k + y + pad) - top;
    ink.save();
    ink.beginPath();
    ink.rect(left, top, width, height);
    ink.clip();
    ink.clearRect(left, top, width, height);
    this.draw({
      minX: (left - x) / k,
      minY: (top - y) / k,
      maxX: (left + width - x) / k,
      maxY: (top + height - y) / k,
    });
    ink.restore();
    this.stats.repairs++;
  }

  private draw(box: Box): number {
    const { editor, labels: raster } = this,
      { fill, names } = editor.state,
      view = raster.device;
    let found = editor.scene.search(grown(box, bleed(raster.ratio, names) / view.k));
    if (this.lifted.size) found = found.filter((item) => !this.lifted.has(item.id));
    const ghosts = [...editor.ghosts, ...editor.missing.values()].filter(
      (g) => g.maxX >= box.minX && g.minX <= box.maxX && g.maxY >= box.minY && g.minY <= box.maxY,
    );
    paint(raster.ink, found, view, {
      look: this.look,
      fill,
      ratio: raster.ratio,
      ghosts,
      name: names ? (item) => editor.vocabulary.nameOf(item.label) : null,
    });
    return found.length;
  }
}
