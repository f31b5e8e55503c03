import { newId } from "../../api/ids";
import type {
  AttributeType,
  Ontology,
  OntologyAttribute,
  OntologyBody,
  OntologyClass,
  OntologyOption,
  Shape,
} from "../../api/types";
import { freeColor } from "./colors";
import { type DraftStep, STEP_KINDS, stepsBody } from "./steps";

// The ontology while it is edited: every part has a key of its own, since new parts have no id yet.

export interface DraftOption extends Omit<OntologyOption, "attributes"> {
  key: string;
  attributes: DraftAttribute[];
}

export interface DraftAttribute extends Omit<OntologyAttribute, "options"> {
  key: string;
  options: DraftOption[];
}

export interface DraftClass extends Omit<OntologyClass, "attributes"> {
  key: string;
  attributes: DraftAttribute[];
}

export interface DraftOntology {
  name: string;
  objects: DraftClass[];
  classifications: DraftAttribute[];
  steps: DraftStep[];
}

export const SHAPES: readonly Shape[] = [
  "bounding_box",
  "rotatable_bounding_box",
  "polygon",
  "polyline",
  "keypoint",
  "skeleton",
  "bitmask",
];
export const ATTRIBUTE_TYPES: readonly AttributeType[] = ["radio", "checklist", "text", "number", "boolean"];

export const hasOptions = (type: AttributeType): boolean => type === "radio" || type === "checklist";

const draftOption = (option: OntologyOption): DraftOption => ({
  ...option,
  key: option.id ?? newId(),
  attributes: (option.attributes ?? []).map(draftAttribute),
});

const draftAttribute = (attribute: OntologyAttribute): DraftAttribute => ({
  ...attribute,
  key: attribute.id ?? newId(),
  options: (attribute.options ?? []).map(draftOption),
});

export const toDraft = (ontology: Pick<Ontology, "name" | "objects" | "classifications">): DraftOntology => ({
  name: ontology.name,
  objects: ontology.objects.map((object) => ({
    ...object,
    key: object.id ?? newId(),
    attributes: (object.attributes ?? []).map(draftAttribute),
  })),
  classifications: ontology.classifications.map(draftAttribute),
  steps: [],
});

function optionBody({ key: _key, attributes, ...rest }: DraftOption): OntologyOption {
  const body: OntologyOption = { ...rest, value: rest.value.trim() };
  if (attributes.length > 0) body.attributes = attributes.map(attributeBody);
  return body;
}

function attributeBody({ key: _key, options, ...rest }: DraftAttribute): OntologyAttribute {
  const body: OntologyAttribute = { ...rest, name: rest.name.trim() };
  if (hasOptions(rest.type)) body.options = options.map(optionBody);
  return body;
}

function classBody({ key: _key, attributes, template, ...rest }: DraftClass): OntologyClass {
  const body: OntologyClass = {
    ...rest,
    name: rest.name.trim(),
    color: rest.color || null,
    attributes: attributes.map(attributeBody),
  };
  if (rest.shape === "skeleton") body.template = template ?? { points: [], edges: [] };
  return body;
}

/** What is sent: without the keys, and without what a type does not have. */
export const toBody = (draft: DraftOntology): OntologyBody => ({
  name: draft.name.trim(),
  objects: draft.objects.map(classBody),
  classifications: draft.classifications.map(attributeBody),
  ...stepsBody(draft),
});

export const newOption = (): DraftOption => ({ key: newId(), value: "", attributes: [] });

export const newAttribute = (): DraftAttribute => ({
  key: newId(),
  name: "",
  type: "radio",
  required: false,
  options: [newOption(), newOption()],
});

export const newClass = (objects: readonly DraftClass[]): DraftClass => ({
  key: newId(),
  name: "",
  shape: "bounding_box",
  color: freeColor(objects.map(({ color }) => color)),
  skill: null,
  attributes: [],
});

/** The list with one entry changed. */
export const replaceAt = <T>(list: readonly T[], index: number, item: T): T[] => list.with(index, item);

/**
 * A part that the server knows is archived (its labels stay readable), one that it never saw simply goes.
 */
export function removeAt<T extends { id?: string; archived?: boolean }>(list: readonly T[], index: number): T[] {
  const item = list[index];
  if (!item) return [...list];
  return item.id ? list.with(index, { ...item, archived: true }) : list.toSpliced(index, 1);
}

export function moveAt<T>(list: readonly T[], index: number, by: -1 | 1): T[] {
  const item = list[index];
  const other = list[index + by];
  if (item === undefined || other === undefined) return [...list];
  return list.with(index, other).with(index + by, item);
}

/** Steps as they are sent: a list of each kind. */
const stepsOfKind = ({ steps }: Pick<DraftOntology, "steps">) =>
  Object.fromEntries(STEP_KINDS.map((kind) => [kind, steps.filter((step) => step.kind === kind)]));

/** "objects.1.attributes.0.name" of a refused body → the key of the part it speaks of, and the words. */
export function problemsByKey(
  draft: DraftOntology,
  errors: readonly { path: string; detail: string }[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, detail } of errors) {
    let at: unknown = { ...draft, ...stepsOfKind(draft) };
    let key = "";
    for (const part of path.split(".")) {
      at = Array.isArray(at) ? at[Number(part)] : (at as Record<string, unknown> | null)?.[part];
      if (at && typeof at === "object" && "key" in at) key = String(at.key);
      if (at === undefined) break;
    }
    if (!found.has(key)) found.set(key, detail);
  }
  return found;
}
