import type { CurvePoint } from "../../api/types";

/** A point as the chart draws it, and as the table behind it says it. */
export interface Drawn {
  step: number;
  click: number;
  box: number;
  /** Null before the first step: nothing was trained yet. */
  loss: number | null;
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
  return kept.map(({ step, click_iou, box_iou, loss }) => ({
    step,
    click: click_iou,
    box: box_iou,
    loss: step > 0 ? loss : null,
  }));
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

export const lossWords = (loss: number | null): string => loss?.toFixed(3) ?? "–";

const IOU_STEPS = [0.02, 0.05, 0.1, 0.2];

/** Round values around the points, for the IoU axis from its first to its last; never narrower than a tenth. */
export function iouTicks(points: readonly Drawn[]): number[] {
  const values = points.flatMap(({ click, box }) => [click, box]);
  const middle = values.length > 0 ? (Math.min(...values) + Math.max(...values)) / 2 : 0.5;
  const reach = values.length > 0 ? Math.max(0.05, Math.max(...values) - middle) : 0.5;
  const size = IOU_STEPS.find((step) => (2 * reach) / step <= 6) ?? 0.2;
  // A little off the ends, so that a round end stays the round number that it is.
  const first = Math.max(0, Math.floor((middle - reach) / size + 1e-6));
  const last = Math.min(Math.round(1 / size), Math.ceil((middle + reach) / size - 1e-6));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * size).toFixed(2)));
}
