/** Required answers that are missing, found here before submitting or named by the server, as places in the panels. */
import type { Editor } from "../core/editor";
import { unanswered } from "../core/ontology";
import type { Failure } from "./port";

/** `label` is null for a question about the image; `question` is then its id, else the label's. */
export interface Fault {
  readonly label: string | null;
  readonly question: string;
  readonly path: readonly string[];
  readonly detail: string;
}

export function missingAnswers({ vocabulary, scene }: Editor): Fault[] {
  const labels = scene.list();
  const given = new Set(
    labels.map((l) => (l.shape === "classification" ? vocabulary.classification(l.class)?.id : undefined)),
  );
  const image = vocabulary.questions
    .filter((q) => q.required && !given.has(q.id))
    .map((q): Fault => ({ label: null, question: q.id, path: [q.id], detail: `${q.name} needs an answer.` }));
  const objects = labels.flatMap((l) =>
    unanswered(vocabulary.questionsOf(l), l.attributes).map(
      (path): Fault => ({
        label: l.shape === "classification" ? null : l.id,
        question: l.shape === "classification" ? (vocabulary.classification(l.class)?.id ?? l.class) : l.id,
        path,
        detail: `${vocabulary.nameOf(l)}: a required answer is missing.`,
      }),
    ),
  );
  return [...image, ...objects];
}

/** `/labels/<id or index>/attributes/<name>…` and `/classifications/<name>` as the same places. */
export function pointedFaults({ vocabulary, scene }: Editor, failure: Failure): Fault[] {
  const labels = scene.list();
  return failure.errors.flatMap(({ pointer, detail }): Fault[] => {
    const [, head = "", ref = "", ...rest] = pointer.split("/").map(decodeURIComponent);
    const label = scene.get(ref) ?? (/^\d+$/.test(ref) ? labels[Number(ref)] : undefined);
    const path = rest.filter((p) => p !== "attributes");
    if (label && label.shape !== "classification") return [{ label: label.id, question: label.id, path, detail }];
    const question = vocabulary.classification(label?.class ?? ref) ?? vocabulary.classification(head);
    return question ? [{ label: null, question: question.id, path: [question.id, ...path.slice(1)], detail }] : [];
  });
}
