import type { Editor } from "../core/editor";
import { newId } from "../core/ids";
import { tidy } from "../core/kinds/kind";
import type { Pen } from "../core/pen";
import { CLICK_PX, type Tool, type ToolEvent, within } from "./tool";

/** A point where the press ends: one may look for the place with the button down. */
export class KeypointTool implements Tool {
  readonly name = "keypoint";
  readonly cursor = "crosshair";
  private at: { x: number; y: number } | null = null;
  private pressed = false;

  constructor(private readonly editor: Editor) {}

  down(e: ToolEvent): void {
    this.pressed = true;
    this.move(e);
  }
  move(e: ToolEvent): void {
    this.at = { x: within(e.x, this.editor.image.width), y: within(e.y, this.editor.image.height) };
  }

  up(e: ToolEvent): void {
    if (!this.pressed) return;
    this.pressed = false;
    this.move(e);
    if (this.at) this.put(this.at);
  }

  key(key: "close" | "back"): boolean {
    if (key !== "close") return false;
    const { view, port } = this.editor.state;
    this.put({
      x: within((port.width / 2 - view.x) / view.k, this.editor.image.width),
      y: within((port.height / 2 - view.y) / view.k, this.editor.image.height),
    });
    return true;
  }

  cancel(): boolean {
    const had = this.pressed;
    this.pressed = false;
    return had;
  }

  paint(pen: Pen): void {
    if (this.pressed && this.at)
      pen.dot(
        this.at.x,
        this.at.y,
        this.editor.vocabulary.object(this.editor.state.armed)?.color ?? "#fff",
        CLICK_PX + 1,
      );
  }

  private put({ x, y }: { x: number; y: number }): void {
    const label = this.editor.draft(newId(), "keypoint", { x: tidy(x), y: tidy(y) });
    if (label) this.editor.drawn("Place point", label);
  }
}
