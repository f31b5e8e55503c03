/** Whoever does nothing for longer is taken to be away. */
const AWAY = 10_000;

/** Adds up the time in which a person was looking: from one sign of life to the next, away times cut short. */
export class Clock {
  private last: number | null = null;
  private total = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A sign of life: a key, the pointer, a scroll. */
  tick(): void {
    const at = this.now();
    if (this.last !== null) this.total += Math.min(AWAY, at - this.last);
    this.last = at;
  }

  /** The page was hidden: the time until it is seen again does not count. */
  pause(): void {
    this.tick();
    this.last = null;
  }

  /** Milliseconds so far, and a fresh start. */
  take(): number {
    this.tick();
    const taken = Math.round(this.total);
    this.total = 0;
    return taken;
  }
}
