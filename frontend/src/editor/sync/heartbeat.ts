/** Time spent at a task, told to the server about every twenty seconds while it is held. Active is what lies near a sign of life, in a visible tab. */
import { asFailure, type Failure, type TaskPort } from "./port";

const EVERY_MS = 20_000;
/** Looking at an image without touching anything is work too, for this long. */
const THINKING_MS = 30_000;

export class ActivityMeter {
  private active = 0;
  private idle = 0;
  private since: number;
  private sign: number;

  constructor(now: number) {
    this.since = this.sign = now;
  }

  /** A key, a pointer, a wheel. */
  touch(now: number): void {
    this.count(now, true);
    this.sign = now;
  }

  /** Milliseconds since the last reading. */
  read(now: number, visible: boolean): { activeMs: number; idleMs: number } {
    this.count(now, visible);
    const out = { activeMs: Math.round(this.active), idleMs: Math.round(this.idle) };
    this.active = this.idle = 0;
    return out;
  }

  private count(now: number, visible: boolean): void {
    const end = visible ? Math.min(now, this.sign + THINKING_MS) : this.since,
      active = Math.max(0, end - this.since);
    this.active += active;
    this.idle += Math.max(0, now - this.since) - active;
    this.since = now;
  }
}

const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel"] as const;

export class Heartbeat {
  private readonly meter = new ActivityMeter(performance.now());
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly sign = () => this.meter.touch(performance.now());

  constructor(
    private readonly port: TaskPort,
    private readonly task: string,
    private readonly token: () => number | null,
    private readonly lost: (failure: Failure) => void,
  ) {
    this.timer = setInterval(() => void this.beat(), EVERY_MS);
    for (const name of SIGNS) window.addEventListener(name, this.sign, { passive: true, capture: true });
  }

  /** Tells what has passed; a refused heartbeat means that the claim is gone. Network failures wait for the next one. */
  async beat(): Promise<void> {
    const { activeMs, idleMs } = this.meter.read(performance.now(), document.visibilityState === "visible");
    try {
      await this.port.heartbeat(this.task, { activeMs, idleMs, token: this.token() });
    } catch (error) {
      const failure = asFailure(error);
      if (failure.kind === "lost" || failure.kind === "gone") this.lost(failure);
    }
  }

  close(): void {
    clearInterval(this.timer);
    for (const name of SIGNS) window.removeEventListener(name, this.sign, { capture: true });
  }
}
