import { type GridAnswer, type GridAsk, type GridClass, type GridOrder, ORDERS } from "../../api/grid";

export const MISSING = "missing";
export const KINDS = ["wrong_class", "badly_located", MISSING, "spurious", "duplicate", "wrong_attribute"] as const;

/** What the grid shows, as it stands in its address: a link to a cell of the confusion matrix is a link to this. */
export interface GridSearch {
  class?: string;
  /** With `class`: what a model says instead. */
  predicted?: string;
  kind?: (typeof KINDS)[number];
  annotator?: string;
  /** With `class` and `answer`: a question of the class, and what the labels answer. */
  attribute?: string;
  answer?: GridAnswer;
  order?: GridOrder;
  /** Where tasks with reported labels are sent. */
  stage?: string;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const known = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((one) => one === value);

const answer = (value: unknown): GridAnswer | undefined =>
  typeof value === "boolean" || typeof value === "number" ? value : text(value);

/** What can be asked of objects that have no label: no answer, nothing it was confused with, and no random draw, since
 * what a model sees is no random part of what is missing. Nor is anything but a label reported. */
const ofMissing = ({ class: of, annotator, order, kind }: Record<string, unknown>): Record<string, unknown> => ({
  class: of,
  annotator,
  kind,
  order: order === "random" ? undefined : order,
});

/** Reads an address leniently: what the grid does not know is left out. */
export function parseGrid(all: Record<string, unknown>): GridSearch {
  const search = all.kind === MISSING ? ofMissing(all) : all;
  const asked = text(search.class) && answer(search.answer) !== undefined ? text(search.attribute) : undefined;
  const found = {
    class: text(search.class),
    predicted: text(search.class) && text(search.predicted),
    kind: known(KINDS, search.kind),
    annotator: text(search.annotator),
    attribute: asked,
    answer: asked && answer(search.answer),
    order: known(ORDERS.slice(1), search.order),
    stage: text(search.stage),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as GridSearch;
}

/** The same as the server takes it. */
export function toAsk(search: GridSearch, size: number, tile: 96 | 192): GridAsk {
  const { class: label, predicted, kind, annotator, attribute, answer: value, order = "mistakenness" } = search;
  return {
    ...(label && (predicted ? { confusion: { label, predicted } } : { class: label })),
    ...(kind && { kind }),
    ...(annotator && { annotator }),
    ...(label && attribute && value !== undefined && { attribute: { name: attribute, value } }),
    order,
    size,
    tile,
  };
}

/** The questions of a class that have few answers, with those: what labels can be told apart by. */
export function answersOf(of: Pick<GridClass, "questions"> | undefined): { name: string; answers: GridAnswer[] }[] {
  return (of?.questions ?? []).flatMap(({ name, type, options = [] }): { name: string; answers: GridAnswer[] }[] => {
    if (type === "boolean") return [{ name, answers: [true, false] }];
    if (type !== "radio") return [];
    return [{ name, answers: options.filter(({ archived }) => !archived).map(({ value }) => value) }];
  });
}
