/** What a person has marked: by item the class it should have, "" for just wrong. */
export type Marks = ReadonlyMap<string, string>;

export const NONE: Marks = new Map();

/** Marks an item, or takes the same mark off again. */
export function toggled(marks: Marks, id: string, as = ""): Marks {
  const next = new Map(marks);
  if (next.get(id) === as) next.delete(id);
  else next.set(id, as);
  return next;
}

/** Marks all of these (`null`: none of them), whatever they were: a stroke or a range. */
export function painted(marks: Marks, ids: readonly string[], as: string | null): Marks {
  const changes = as === null ? ids.filter((id) => marks.has(id)) : ids.filter((id) => marks.get(id) !== as);
  if (changes.length === 0) return marks;
  const next = new Map(marks);
  for (const id of changes) {
    if (as === null) next.delete(id);
    else next.set(id, as);
  }
  return next;
}

/** The ids from one place to another, whichever comes first. */
export const between = <T>(list: readonly T[], from: number, to: number): T[] =>
  list.slice(Math.min(from, to), Math.max(from, to) + 1);

/** The marks as the server takes them. */
export const toSend = (marks: Marks): { item: string; class?: string }[] =>
  [...marks].map(([item, as]) => (as ? { item, class: as } : { item }));
