/** The labels of one image: by id, in order, and by place. It knows nothing of drawing, history or saving. */
import RBush from "rbush";
import type { Box } from "./geometry";
import { compile, contains, type Item, strokeDistance, thinDistance } from "./item";
import type { Label, Template } from "./types";

/** What changed, for those who repaint: the items before and after (null: not there, or nothing to draw). */
export interface SceneChange {
  readonly before: Item | null;
  readonly after: Item | null;
}
type Listener = (changes: readonly SceneChange[] | "all") => void;

export class Scene {
  /** Rises with every change: whoever keeps a derived list compares it. */
  version = 0;
  private readonly labels = new Map<string, Label>();
  private readonly items = new Map<string, Item>();
  private readonly tree = new RBush<Item>(16);
  private readonly listeners = new Set<Listener>();
  private cached: { version: number; list: readonly Label[] } = { version: -1, list: [] };

  constructor(private readonly templateOf: (classRef: string) => Template | null = () => null) {}

  load(labels: readonly Label[]): void {
    this.labels.clear();
    this.items.clear();
    for (const label of labels) {
      this.labels.set(label.id, label);
      const item = this.compiled(label);
      if (item) this.items.set(label.id, item);
    }
    this.tree.clear();
    this.tree.load([...this.items.values()]);
    this.tell("all");
  }

  /** Puts, replaces (or with null removes) labels; listeners hear once. */
  apply(changes: readonly { readonly id: string; readonly after: Label | null }[]): void {
    this.tell(
      changes.map(({ id, after }): SceneChange => {
        const before = this.items.get(id) ?? null,
          item = after && this.compiled(after);
        if (after) this.labels.set(id, after);
        else this.labels.delete(id);
        if (before) this.tree.remove(before);
        if (item) {
          this.items.set(id, item);
          this.tree.insert(item);
        } else this.items.delete(id);
        return { before, after: item };
      }),
    );
  }

  get size(): number {
    return this.labels.size;
  }
  get(id: string): Label | undefined {
    return this.labels.get(id);
  }
  item(id: string): Item | undefined {
    return this.items.get(id);
  }
  search(box: Box): Item[] {
    return this.tree.search(box);
  }

  /** All labels in the order they came; the same array until something changes. */
  list(): readonly Label[] {
    if (this.cached.version !== this.version) this.cached = { version: this.version, list: [...this.labels.values()] };
    return this.cached.list;
  }

  /**
   * The item under an image point: lines and dots within `reach` first, then the smallest surface that holds the point, then the
   * nearest outline within `reach`.
   */
  hit(x: number, y: number, reach: number, skip?: (item: Item) => boolean): Item | null {
    const near = this.tree.search({ minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach });
    let thin: Item | null = null,
      thinnest = reach,
      surface: Item | null = null,
      least = Infinity;
    for (const item of near) {
      if (skip?.(item)) continue;
      if (item.dots.length || item.lines.length) {
        const d = thinDistance(item, x, y);
        if (d <= thinnest) {
          thinnest = d;
          thin = item;
        }
      } else if (item.area < least && contains(item, x, y)) {
        least = item.area;
        surface = item;
      }
    }
    if (thin || surface) return thin ?? surface;
    let edge: Item | null = null,
      closest = reach;
    for (const item of near) {
      if (skip?.(item)) continue;
      const d = strokeDistance(item, x, y);
      if (d <= closest) {
        closest = d;
        edge = item;
      }
    }
    return edge;
  }

  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private compiled(label: Label): Item | null {
    return label.shape === "classification"
      ? null
      : compile(label, label.shape === "skeleton" ? this.templateOf(label.class) : null);
  }

  private tell(changes: readonly SceneChange[] | "all"): void {
    this.version++;
    for (const listener of this.listeners) listener(changes);
  }
}
