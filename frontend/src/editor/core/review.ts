/** The order and the state of judging labels. Pure. */
import type { Item } from "./item";
import type { Label, Verdict } from "./types";

/** A verdict that somebody gave in an earlier round, or for an annotator in the round that returned the task. */
export interface PastVerdict {
  readonly id: string;
  readonly label: string | null;
  readonly verdict: "approved" | "rejected";
  readonly kind: string | null;
  readonly reason: string;
  readonly comment: string;
  readonly round: number;
  /** Name and id of who gave it. */
  readonly reviewer: string;
  readonly reviewerId: string;
  readonly implicit: boolean;
  /** `edit` where a change of the label implied it. */
  readonly source: string;
  readonly geometry: unknown;
  readonly class: string | null;
  readonly superseded: boolean;
  readonly mode?: "exhaustive" | undefined;
}

/** Under which key the word that the whole image was searched stands among the verdicts. */
export const SEARCHED = "searched";

/** Least certain first, then one class at a time, then as one reads the image. */
export function judgingOrder(
  labels: readonly Label[],
  doubt: (id: string) => number,
  placeOf: (id: string) => Item | undefined,
): string[] {
  const key = labels
    .filter((l) => l.shape !== "classification")
    .map((l) => {
      const item = placeOf(l.id);
      return { id: l.id, class: l.class, doubt: doubt(l.id), y: item?.minY ?? 0, x: item?.minX ?? 0 };
    });
  key.sort(
    (a, b) => b.doubt - a.doubt || (a.class < b.class ? -1 : a.class > b.class ? 1 : 0) || a.y - b.y || a.x - b.x,
  );
  return [...key.map((k) => k.id), ...labels.filter((l) => l.shape === "classification").map((l) => l.id)];
}

/** The next of `order` after `from` (round the end) that is not yet judged. */
export function nextPending(
  order: readonly string[],
  from: string | null,
  isPending: (id: string) => boolean,
): string | null {
  const start = from === null ? 0 : order.indexOf(from) + 1;
  for (let i = 0; i < order.length; i++) {
    const id = order[(start + i) % order.length] as string;
    if (isPending(id)) return id;
  }
  return null;
}

/** In a first round everything is to be judged; later only what changed or stood rejected. */
export function toJudge(
  labels: readonly Label[],
  round: number,
  changed: ReadonlySet<string>,
  past: readonly PastVerdict[],
): Set<string> {
  if (round <= 1) return new Set(labels.map((l) => l.id));
  const standing = standingVerdicts(past);
  return new Set(
    labels.filter((l) => changed.has(l.id) || standing.get(l.id)?.verdict !== "approved").map((l) => l.id),
  );
}

/** The last word on each label. */
export function standingVerdicts(past: readonly PastVerdict[]): Map<string, PastVerdict> {
  const standing = new Map<string, PastVerdict>();
  for (const v of past) if (v.label && !v.superseded) standing.set(v.label, v);
  return standing;
}

export function tally(verdicts: Iterable<Verdict>): { approved: number; rejected: number; missing: number } {
  const sum = { approved: 0, rejected: 0, missing: 0 };
  for (const v of verdicts) {
    if (v.mode) continue;
    if (v.label === null) sum.missing++;
    else sum[v.verdict]++;
  }
  return sum;
}
