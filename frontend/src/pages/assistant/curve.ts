import type { CurvePoint } from "../../api/types";

/** A point as the chart draws it, and as the table behind it says it. */
export interface Drawn {
  step: number;
  click: number;
  box: number;
  loss: number;
}

const MOST = 200;

/** At most two hundred points, evenly taken, the first and the last always among them. */
export function drawn(curve: readonly CurvePoint[]): Drawn[] {
  const kept =
    curve.length <= MOST
      ? curve
      : Array.from({ length: MOST }, (_, index) => Math.round((index * (curve.length - 1)) / (MOST - 1))).flatMap(
          (index) => curve[index] ?? [],
        );
  return kept.map(({ step, click_iou, box_iou, loss }) => ({ step, click: click_iou, box: box_iou, loss }));
}

/** Round steps, six at most, for the axis below. */
export function stepTicks(points: readonly Drawn[]): number[] {
  const first = points[0]?.step ?? 0,
    last = points.at(-1)?.step ?? 0;
  let size = 1;
  for (let i = 0; (last - first) / size > 5; i++) size *= i % 3 === 1 ? 2.5 : 2;
  const from = Math.ceil(first / size);
  return Array.from({ length: Math.floor(last / size) - from + 1 }, (_, index) => (from + index) * size);
}

/** The ends of the IoU axis: whole twentieths around the points, never narrower than a tenth. */
export function iouDomain(points: readonly Drawn[]): [number, number] {
  if (points.length === 0) return [0, 1];
  const values = points.flatMap(({ click, box }) => [click, box]);
  const low = Math.max(0, Math.floor(Math.min(...values) * 20) / 20);
  const high = Math.min(1, Math.ceil(Math.max(...values) * 20) / 20);
  return high - low >= 0.1 ? [low, high] : [Math.max(0, high - 0.1), Math.max(0.1, high)];
}
