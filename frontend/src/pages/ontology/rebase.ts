import type { Ontology } from "../../api/types";
import { type DraftOntology, toBody, toDraft } from "./draft";

interface Rebased {
  draft: DraftOntology;
  /** Names of what both sides changed: mine stands. */
  both: string[];
}

/**
 * My changes on top of a newer version, part by part: what only one side changed is as that side left it, what both changed is
 * mine. What I added follows theirs.
 */
export function rebase(before: Ontology, mine: DraftOntology, now: Ontology): Rebased {
  const base = toDraft(before),
    theirs = toDraft(now),
    both: string[] = [];
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  const merged = <T extends { key: string; name: string }>(
    pick: (draft: DraftOntology) => T[],
    bare: (part: T) => unknown,
  ) => {
    const find = (draft: DraftOntology, key: string) => pick(draft).find((part) => part.key === key);
    const changed = (part: T) => {
      const old = find(base, part.key);
      return !old || !same(bare(part), bare(old));
    };
    const kept = pick(theirs).map((part) => {
      const own = find(mine, part.key);
      if (!own || !changed(own)) return part;
      if (changed(part) && !same(bare(part), bare(own))) both.push(own.name);
      return own;
    });
    const known = new Set(kept.map(({ key }) => key));
    return [...kept, ...pick(mine).filter((part) => !known.has(part.key) && changed(part))];
  };
  const alone = (part: Partial<DraftOntology>): DraftOntology => ({
    name: "",
    objects: [],
    classifications: [],
    steps: [],
    ...part,
  });
  const draft: DraftOntology = {
    name: mine.name === base.name ? theirs.name : mine.name,
    objects: merged(
      (from) => from.objects,
      (part) => toBody(alone({ objects: [part] })),
    ),
    classifications: merged(
      (from) => from.classifications,
      (part) => toBody(alone({ classifications: [part] })),
    ),
    steps: mine.steps,
  };
  return { draft, both };
}
