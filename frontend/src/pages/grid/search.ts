import { type GridAsk, type GridOrder, ORDERS } from "../../api/grid";

export const KINDS = ["wrong_class", "badly_located", "spurious", "duplicate", "wrong_attribute"] as const;

/** What the grid shows, as it stands in its address: a link to a cell of the confusion matrix is a link to this. */
export interface GridSearch {
  class?: string;
  /** With `class`: what a model says instead. */
  predicted?: string;
  kind?: (typeof KINDS)[number];
  annotator?: string;
  order?: GridOrder;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const known = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((one) => one === value);

/** Reads an address leniently: what the grid does not know is left out. */
export function parseGrid(search: Record<string, unknown>): GridSearch {
  const found = {
    class: text(search.class),
    predicted: text(search.class) && text(search.predicted),
    kind: known(KINDS, search.kind),
    annotator: text(search.annotator),
    order: known(ORDERS.slice(1), search.order),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value)) as GridSearch;
}

/** The same as the server takes it. */
export function toAsk(search: GridSearch, size: number, tile: 96 | 192): GridAsk {
  const { class: label, predicted, kind, annotator, order = "mistakenness" } = search;
  return {
    ...(label && (predicted ? { confusion: { label, predicted } } : { class: label })),
    ...(kind && { kind }),
    ...(annotator && { annotator }),
    order,
    size,
    tile,
  };
}
