/** The legs of an outline: where the hand clicked, and the way between two clicks, which the assistant may lay along an edge. */
import type { Assistant } from "../core/assist";
import { simplified } from "../core/outline";
import type { Pt } from "../core/types";

/** Vertices closer to the line than this say nothing that one sees. */
const SLACK_PX = 0.75;

interface Leg {
  /** What this leg adds; its last point is where the hand was. */
  points: readonly Pt[];
}

export class Wire {
  private legs: Leg[] = [];
  private readonly waiting = new Set<Promise<void>>();
  private ahead: { from: Pt; to: Pt; way: readonly Pt[] } | null = null;
  private peeking = false;

  constructor(
    private readonly assistant: Assistant,
    private readonly changed: () => void,
  ) {}

  get points(): readonly Pt[] {
    return this.legs.flatMap((leg) => leg.points);
  }
  get length(): number {
    return this.legs.length;
  }
  get last(): Pt | undefined {
    return this.points.at(-1);
  }
  /** Where the hand was. */
  get anchors(): readonly Pt[] {
    return this.legs.flatMap((leg) => leg.points.slice(-1));
  }

  add(at: Pt): void {
    this.legs = [...this.legs, { points: [at] }];
  }

  /** A straight leg at once; the snapped one takes its place when it comes. */
  snap(to: Pt): void {
    const from = this.last;
    this.add(to);
    const leg = this.legs.at(-1);
    if (!from || !leg) return;
    const known = this.ahead;
    if (known && same(known.from, from) && same(known.to, to)) {
      leg.points = [...known.way, to];
      return;
    }
    this.follow(from, to, (way) => {
      leg.points = [...way, to];
    });
  }

  /** The way back to the first corner; it adds none of its own ends. */
  close(): void {
    const from = this.last,
      [to] = this.points;
    if (!from || !to) return;
    const leg: Leg = { points: [] };
    this.legs = [...this.legs, leg];
    this.follow(from, to, (way) => {
      leg.points = way;
    });
  }

  back(): void {
    this.legs = this.legs.slice(0, -1);
  }
  clear(): void {
    this.legs = [];
    this.ahead = null;
  }

  /** What a click at the pointer would add, for show: asked for while answers come fast enough. */
  peek(to: Pt): void {
    const from = this.last;
    if (!from || this.peeking || !this.assistant.quick || same(from, to)) return;
    this.peeking = true;
    void this.assistant.path(from, to, true).then((path) => {
      this.peeking = false;
      this.ahead = path && from === this.last ? { from, to, way: between(path) } : null;
      this.changed();
    });
  }

  /** The way to the pointer, as far as it is known. */
  wayTo(at: Pt): readonly Pt[] {
    const { ahead } = this;
    if (!ahead || ahead.from !== this.last) return [at];
    return [...ahead.way, ahead.to, at];
  }

  /** Resolves when no way is still being looked for. */
  async settled(): Promise<void> {
    while (this.waiting.size) await Promise.all(this.waiting);
  }
  get pending(): boolean {
    return this.waiting.size > 0;
  }

  private follow(from: Pt, to: Pt, use: (way: readonly Pt[]) => void): void {
    const work = this.assistant.path(from, to).then((path) => {
      this.waiting.delete(work);
      if (path) use(between(path));
      this.changed();
    });
    this.waiting.add(work);
  }
}

const same = (a: Pt, b: Pt): boolean => a[0] === b[0] && a[1] === b[1];
/** The path without its ends: these are where the hand clicked, not where the assistant rounded them to. */
const between = (path: readonly Pt[]): readonly Pt[] => simplified(path, SLACK_PX).slice(1, -1);
