/** A label as far as a comparison reads it. */
export interface DiffLabel {
  id: string;
  class: string;
  shape: string;
  geometry?: unknown;
}

/** What `GET …/labels/diff/` answers: each label that differs, as it was and as it is; null where there was none. */
export interface LabelDiff {
  changes: { id: string; before: DiffLabel | null; after: DiffLabel | null }[];
}

export type Change = "added" | "changed" | "removed";

export interface DiffLine {
  id: string;
  change: Change;
  text: string;
}

const ORDER: Record<Change, number> = { removed: 0, changed: 1, added: 2 };

const name = ({ class: label, shape }: DiffLabel): string => `${label}, ${shape.replaceAll("_", " ")}`;

function line({ id, before, after }: LabelDiff["changes"][number]): DiffLine {
  if (!before) return { id, change: "added", text: after ? name(after) : "" };
  if (!after) return { id, change: "removed", text: name(before) };
  return {
    id,
    change: "changed",
    text: before.class === after.class ? name(after) : `${before.class} → ${name(after)}`,
  };
}

/** One line per label that differs, removed ones first. */
export const diffLines = (diff: LabelDiff): DiffLine[] =>
  diff.changes.map(line).toSorted((a, b) => ORDER[a.change] - ORDER[b.change]);
