/** A label as far as a comparison reads it. */
export interface DiffLabel {
  id: string;
  class?: string;
  shape?: string;
}

/** What `GET …/labels/diff/` answers: whole labels, or pairs of before and after for the changed ones. */
export interface LabelDiff {
  added?: DiffLabel[];
  changed?: ({ before?: DiffLabel; after?: DiffLabel } | DiffLabel)[];
  removed?: DiffLabel[];
}

export type Change = "added" | "changed" | "removed";

export interface DiffLine {
  id: string;
  change: Change;
  text: string;
}

const name = (label: DiffLabel): string => [label.class, label.shape?.replaceAll("_", " ")].filter(Boolean).join(", ");

/** One line per label that differs, removed ones first. */
export function diffLines(diff: LabelDiff): DiffLine[] {
  const lines: DiffLine[] = [];
  for (const label of diff.removed ?? []) lines.push({ id: label.id, change: "removed", text: name(label) });
  for (const item of diff.changed ?? []) {
    const pair = item as { before?: DiffLabel; after?: DiffLabel };
    const after = pair.after ?? (item as DiffLabel);
    const before = pair.before;
    const renamed = before?.class && after.class && before.class !== after.class;
    lines.push({ id: after.id, change: "changed", text: renamed ? `${before.class} → ${name(after)}` : name(after) });
  }
  for (const label of diff.added ?? []) lines.push({ id: label.id, change: "added", text: name(label) });
  return lines;
}
