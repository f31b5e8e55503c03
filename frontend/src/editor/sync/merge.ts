/** What to do when the labels changed on the server while changes of ours were waiting: by label id, against the state both began from. */
import type { Label } from "../core/types";

export type Labels = ReadonlyMap<string, Label>;
export interface Pending {
  readonly id: string;
  readonly base: Label | null;
  readonly mine: Label | null;
}
export interface Conflict {
  readonly id: string;
  readonly mine: Label | null;
  readonly theirs: Label | null;
}

export interface Merge {
  /** Their changes that touch nothing of ours: to be taken silently. */
  readonly absorb: readonly { readonly id: string; readonly after: Label | null }[];
  /** Both changed it, differently: a person chooses. */
  readonly conflicts: readonly Conflict[];
  /** Both said the same: nothing of ours is left to send. */
  readonly agreed: readonly string[];
}

export function merge(
  base: Labels,
  theirs: Labels,
  pending: readonly Pending[],
  says: (label: Label) => string,
): Merge {
  const same = (a: Label | null, b: Label | null) => a === b || (a !== null && b !== null && says(a) === says(b));
  const ours = new Map(pending.map((p) => [p.id, p]));
  const absorb: { id: string; after: Label | null }[] = [],
    conflicts: Conflict[] = [],
    agreed: string[] = [];
  for (const id of new Set([...base.keys(), ...theirs.keys(), ...ours.keys()])) {
    const was = base.get(id) ?? null,
      now = theirs.get(id) ?? null,
      mine = ours.get(id);
    if (mine && same(mine.mine, now)) agreed.push(id);
    else if (same(was, now)) continue;
    else if (mine) conflicts.push({ id, mine: mine.mine, theirs: now });
    else absorb.push({ id, after: now });
  }
  return { absorb, conflicts, agreed };
}

/** Many entries about the same label are one change: from the first base to the last state. Nothing is left of what came back to its base. */
export function folded(entries: readonly Pending[], says: (label: Label) => string): Pending[] {
  const byId = new Map<string, Pending>();
  for (const e of entries)
    byId.set(e.id, { id: e.id, base: byId.has(e.id) ? (byId.get(e.id)?.base ?? null) : e.base, mine: e.mine });
  return [...byId.values()].filter(({ base, mine }) => base !== mine && !(base && mine && says(base) === says(mine)));
}
