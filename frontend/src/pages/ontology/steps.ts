import { newId } from "../../api/ids";
import type { OntologyBody } from "../../api/types";
import type { DraftAttribute, DraftClass, DraftOntology } from "./draft";

// What a change does with the labels there are: steps beside the definition, carried out by a job.

export type StepKind = "merge" | "split" | "fill";
export const STEP_KINDS: readonly StepKind[] = ["merge", "split", "fill"];

/** Parts are named by their keys while edited; "" is nothing chosen yet. */
export interface DraftStep {
  key: string;
  kind: StepKind;
  /** The class whose labels are meant. */
  of: string;
  /** merge: the class that they become. */
  into: string;
  /** split and fill: the question. */
  attribute: string;
  /** split: option → class; an option left out leaves its labels where they are. */
  targets: Record<string, string>;
  /** fill: the answer. */
  value: string;
}

export const newStep = (kind: StepKind): DraftStep => ({
  key: newId(),
  kind,
  of: "",
  into: "",
  attribute: "",
  targets: {},
  value: "",
});

const byKey = <T extends { key: string }>(parts: readonly T[], key: string): T | undefined =>
  parts.find((part) => part.key === key);

/** The classes that labels of this one may become. */
export function targetsOf(draft: Pick<DraftOntology, "objects">, of: string): DraftClass[] {
  const source = byKey(draft.objects, of);
  return draft.objects.filter(({ key, shape, archived }) => key !== of && !archived && shape === source?.shape);
}

/** The questions of a class that a step of this kind can be about. */
export function questionsOf(draft: Pick<DraftOntology, "objects">, { of, kind }: DraftStep): DraftAttribute[] {
  const all = (byKey(draft.objects, of)?.attributes ?? []).filter(({ archived }) => !archived);
  return kind === "split" ? all.filter(({ type }) => type === "radio") : all;
}

/** An answer as the server reads it, from what was typed or chosen. */
export function answerOf(attribute: DraftAttribute | undefined, text: string): unknown {
  switch (attribute?.type) {
    case "number":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return text === "" ? "" : text === "true";
    case "checklist":
      return text === "" ? [] : [text];
    default:
      return text;
  }
}

type Steps = Required<Pick<OntologyBody, StepKind>>;

/** The members of the change that the steps become; only those that hold something. */
export function stepsBody(draft: Pick<DraftOntology, "objects" | "steps">): Partial<Steps> {
  const classRef = (key: string) => {
    const found = byKey(draft.objects, key);
    return found ? (found.id ?? found.name.trim()) : "";
  };
  const body: Steps = { merge: [], split: [], fill: [] };
  for (const step of draft.steps) {
    const attribute = byKey(byKey(draft.objects, step.of)?.attributes ?? [], step.attribute);
    const named = { class: classRef(step.of), attribute: attribute ? (attribute.id ?? attribute.name.trim()) : "" };
    if (step.kind === "merge") body.merge.push({ from: classRef(step.of), into: classRef(step.into) });
    else if (step.kind === "fill") body.fill.push({ ...named, value: answerOf(attribute, step.value) });
    else {
      const into = (attribute?.options ?? []).flatMap(({ key, id, value }) => {
        const target = step.targets[key];
        return target ? [[id ?? value.trim(), classRef(target)] as const] : [];
      });
      body.split.push({ ...named, into: Object.fromEntries(into) });
    }
  }
  return Object.fromEntries(Object.entries(body).filter(([, list]) => list.length > 0));
}
