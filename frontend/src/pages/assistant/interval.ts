import type { Interval } from "../../api/types";

/** An axis that has 0 on it and room for all that is drawn. */
export interface Scale {
  low: number;
  high: number;
  ticks: number[];
}

const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const MOST = 6;

/** Rounded ends around the intervals and 0, with six ticks at most. */
export function scaleOf(intervals: readonly Interval[]): Scale {
  const low = Math.min(0, ...intervals.map((one) => one.low));
  const high = Math.max(0, ...intervals.map((one) => one.high));
  const step = STEPS.find((size) => Math.ceil(high / size) - Math.floor(low / size) < MOST) ?? 1;
  // Where nothing changed there is still an axis, with 0 in its middle.
  const still = low === 0 && high === 0;
  const first = still ? -1 : Math.floor(low / step);
  const last = still ? 1 : Math.ceil(high / step);
  return {
    low: first * step,
    high: last * step,
    ticks: Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toFixed(4))),
  };
}

/** Where a value lies on the axis, in per cent, held to its ends. */
export const place = ({ low, high }: Scale, value: number): number =>
  Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));

/** With its sign, and a true minus: a gain is read as a difference. */
export function signed(value: number, digits = 3): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

export const spoken = ({ mean, low, high }: Interval): string => `${signed(mean)} (${signed(low)} … ${signed(high)})`;

/** What an interval says: only one that lies wholly on a side of 0 says anything. */
export const leaning = ({ low, high }: Interval): "up" | "down" | "unclear" =>
  low > 0 ? "up" : high < 0 ? "down" : "unclear";
