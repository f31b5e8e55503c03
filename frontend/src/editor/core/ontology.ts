/** Finding classes and reading answers. The server accepts names wherever ids are, so both are understood here. */
import type { Answer, Answers, Attribute, Choice, Label, Nested, ObjectClass, Ontology } from "./types";

export class Vocabulary {
  private readonly objects = new Map<string, ObjectClass>();
  private readonly classifications = new Map<string, Attribute>();

  constructor(readonly ontology: Ontology) {
    for (const c of ontology.objects) {
      this.objects.set(c.name, c);
    }
    for (const c of ontology.objects) {
      this.objects.set(c.id, c);
    }
    for (const c of ontology.classifications) {
      this.classifications.set(c.name, c);
    }
    for (const c of ontology.classifications) {
      this.classifications.set(c.id, c);
    }
  }

  /** Classes one may still use, in the ontology's order: the order of the digit keys. */
  get usable(): readonly ObjectClass[] {
    return this.ontology.objects.filter((c) => !c.archived);
  }
  get questions(): readonly Attribute[] {
    return this.ontology.classifications.filter((c) => !c.archived);
  }

  object(ref: string | null): ObjectClass | undefined {
    return ref === null ? undefined : this.objects.get(ref);
  }
  classification(ref: string): Attribute | undefined {
    return this.classifications.get(ref);
  }

  /** What a label says, whoever wrote it down and in whichever of the allowed spellings. */
  canonical(label: Label): string {
    const ref = label.shape === "classification" ? this.classification(label.class)?.id : this.object(label.class)?.id;
    return JSON.stringify([
      ref ?? label.class,
      label.shape,
      sorted(label.geometry),
      canonicalAnswers(this.questionsOf(label), label.attributes),
    ]);
  }

  nameOf(label: Label): string {
    return (
      (label.shape === "classification" ? this.classification(label.class)?.name : this.object(label.class)?.name) ??
      label.class
    );
  }

  /** The attributes to ask for a label; a classification is its own single question. */
  questionsOf(label: Label): readonly Attribute[] {
    if (label.shape !== "classification")
      return (this.object(label.class)?.attributes ?? []).filter((a) => !a.archived);
    const question = this.classification(label.class);
    return question ? [question] : [];
  }
}

function sorted(value: unknown): unknown {
  if (typeof value === "number") return Math.round(value * 1e6) / 1e6;
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => [k, sorted(v)]);
}

export const choiceValue = (choice: Choice): string => (typeof choice === "string" ? choice : choice.value);
const isNested = (answer: Answer): answer is Nested =>
  typeof answer === "object" && answer !== null && !Array.isArray(answer);

const keyIn = (answers: Answers, attribute: Attribute): string =>
  attribute.id in answers ? attribute.id : attribute.name;

export function answerTo(answers: Answers, attribute: Attribute): Answer {
  return answers[keyIn(answers, attribute)] ?? null;
}

export function answered(answers: Answers, attribute: Attribute, answer: Answer): Answers {
  const key = keyIn(answers, attribute),
    { [key]: _old, ...rest } = answers;
  return answer === null || answer === "" || (Array.isArray(answer) && !answer.length)
    ? rest
    : { ...rest, [key]: answer };
}

/** The chosen options of a radio (none or one) or a checklist. */
export function choicesOf(answer: Answer): readonly Choice[] {
  if (Array.isArray(answer)) return answer as readonly Choice[];
  return typeof answer === "string" || isNested(answer) ? [answer] : [];
}

export const optionOf = (attribute: Attribute, choice: Choice) => {
  const value = choiceValue(choice);
  return attribute.options.find((o) => o.value === value || o.id === value);
};

export const nestedAnswers = (choice: Choice): Answers => (typeof choice === "string" ? {} : choice.attributes);

/** The choice with answers below it: a plain value as long as nothing nests. */
export const withNested = (choice: Choice, attributes: Answers): Choice =>
  Object.keys(attributes).length ? { value: choiceValue(choice), attributes } : choiceValue(choice);

/** Answers with ids for names, sorted: two ways to say the same compare as equal. */
export function canonicalAnswers(attributes: readonly Attribute[], answers: Answers): unknown {
  return Object.entries(answers)
    .map(([key, answer]) => {
      const attribute = attributes.find((a) => a.id === key || a.name === key);
      if (!attribute) return [key, answer];
      const choices = choicesOf(answer).map((choice) => {
        const option = optionOf(attribute, choice);
        return [option?.id ?? choiceValue(choice), canonicalAnswers(option?.attributes ?? [], nestedAnswers(choice))];
      });
      return [attribute.id, attribute.type === "radio" || attribute.type === "checklist" ? choices : answer];
    })
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}

/** Required questions without an answer, as paths of attribute ids from the label down. */
export function unanswered(attributes: readonly Attribute[], answers: Answers): string[][] {
  return attributes
    .filter((a) => !a.archived)
    .flatMap((a) => {
      const answer = answerTo(answers, a),
        empty = answer === null || answer === "" || (Array.isArray(answer) && !answer.length);
      if (empty) return a.required ? [[a.id]] : [];
      return choicesOf(answer).flatMap((choice) =>
        unanswered(optionOf(a, choice)?.attributes ?? [], nestedAnswers(choice)).map((path) => [a.id, ...path]),
      );
    });
}
