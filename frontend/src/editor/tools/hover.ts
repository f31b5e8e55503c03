/** What a click under the pointer would give, while the assistant answers faster than a hand moves. */
import { type Assistant, type Candidate, SILENT } from "../core/assist";
import { tidy } from "../core/kinds/kind";

const REST_MS = 45;

export class Hover {
  candidate: Candidate | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Rises whenever what was asked before no longer matters. */
  private turn = 0;

  constructor(
    private readonly assistant: Assistant,
    private readonly repaint: () => void,
  ) {}

  follow(at: { x: number; y: number }): void {
    if (!this.assistant.quick) {
      this.stop();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(at), REST_MS);
  }

  /** Asks no more; what is shown stays where a click has just asked for the same. */
  stop(keep = false): void {
    clearTimeout(this.timer);
    this.turn++;
    if (!keep) this.candidate = null;
  }

  forget(): void {
    this.candidate = null;
  }

  private async ask({ x, y }: { x: number; y: number }): Promise<void> {
    const turn = ++this.turn;
    const answer = await this.assistant.peek({ ...SILENT, points: [{ x: tidy(x), y: tidy(y), label: 1 }] });
    if (turn !== this.turn) return;
    this.candidate = answer?.candidates[0] ?? null;
    this.repaint();
  }
}
