/** How far a job was when, by this browser's clock. */
export interface Sample {
  at: number;
  progress: number;
}

const LEAST_MS = 4_000;
const LEAST_PROGRESS = 0.01;

/** Seconds until the end at the pace seen so far; null while too little was seen to say. */
export function secondsLeft(first: Sample | null, now: Sample): number | null {
  if (!first || now.progress >= 1) return null;
  const passed = now.at - first.at,
    gained = now.progress - first.progress;
  if (passed < LEAST_MS || gained < LEAST_PROGRESS) return null;
  return ((1 - now.progress) * passed) / gained / 1000;
}

/** Coarse, because it is a guess: "40 s", "3 min", "2 h". */
export function roughly(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return `${Math.max(1, Math.round(seconds / 3600))} h`;
}
