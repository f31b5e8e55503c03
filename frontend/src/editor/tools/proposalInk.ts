/** How a proposal looks: the mask, what of it would be kept, and the prompts that made it. */
import type { Candidate, Prompt } from "../core/assist";
import { pathOf } from "../core/kinds";
import type { Pen } from "../core/pen";
import { shaped } from "../core/proposal";
import type { BoxGeometry, DrawnKind, DrawnLabel, Pt } from "../core/types";
import type { Size } from "../core/view";

export interface Shown {
  readonly prompt: Prompt;
  readonly shown: Candidate | null;
  /** Answered, not only hovered. */
  readonly sure: boolean;
  readonly color: string;
  readonly shape: DrawnKind;
  readonly rubber: BoxGeometry | null;
  readonly image: Size;
}

const GUIDE = "#fff";

export function paintProposal(pen: Pen, { prompt, shown, sure, color, shape, rubber, image }: Shown): void {
  if (shown) {
    const boxed = shape === "bounding_box" || shape === "rotatable_bounding_box";
    pen.shape(shown.polygons.flat(), color, { fill: sure ? 0.4 : 0.2, dashed: !sure || boxed });
    if (boxed) outline(pen, shown, shape, image, color);
  }
  for (const box of [prompt.box, ...prompt.boxes, rubber]) if (box) frame(pen, box);
  for (const { x, y, label } of prompt.points) pen.sign(x, y, label === 1);
}

function outline(
  pen: Pen,
  shown: Candidate,
  shape: "bounding_box" | "rotatable_bounding_box",
  image: Size,
  color: string,
): void {
  const geometry = shaped(shown, shape, image);
  if (!geometry) return;
  for (const ring of pathOf({ id: "", class: "", shape, geometry, attributes: {} } as DrawnLabel).rings) {
    const points = Array.from({ length: ring.length / 2 }, (_, i): Pt => [ring[2 * i] ?? 0, ring[2 * i + 1] ?? 0]);
    pen.line(points, color, { closed: true });
  }
}

function frame(pen: Pen, { x, y, width, height }: BoxGeometry): void {
  pen.line(
    [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ],
    GUIDE,
    { closed: true, dashed: true },
  );
}
