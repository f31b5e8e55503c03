/** Work of an earlier visit that never became a revision: kept in this browser, or on the server as a draft. */
import type { Editor } from "../core/editor";
import { type Entry, type LabelEntry, nextSeq } from "./outbox";
import type { Draft } from "./port";

export function unsentEntries(
  waiting: readonly Entry[],
  drafts: readonly Draft[],
  { vocabulary, scene }: Editor,
): LabelEntry[] {
  const here = waiting.filter((e): e is LabelEntry => e.kind === "label");
  // What is kept here is the newer and the fuller; the server's draft matters on another machine.
  const [draft] = here.length ? [] : drafts;
  if (!draft) return here;
  const at = Date.parse(draft.at);
  const common = { at, kind: "label" } as const;
  return [
    ...draft.delta.upsert.map((l): LabelEntry => {
      const mine = { ...l, class: vocabulary.object(l.class)?.id ?? vocabulary.classification(l.class)?.id ?? l.class };
      return { ...common, seq: nextSeq(), id: l.id, base: scene.get(l.id) ?? null, mine };
    }),
    ...draft.delta.delete.map(
      (id): LabelEntry => ({ ...common, seq: nextSeq(), id, base: scene.get(id) ?? null, mine: null }),
    ),
  ];
}
