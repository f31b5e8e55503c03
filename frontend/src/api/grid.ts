import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { Ontology, OntologyAttribute, OntologyBody, Shape } from "./types";

export const ORDERS = ["mistakenness", "neighbourhood", "random"] as const;
export type GridOrder = (typeof ORDERS)[number];

/** Where a crop stands on its sprite sheet; no address while the sheet is being made. */
export interface GridTile {
  id: string;
  atlas_url: string | null;
  x: number;
  y: number;
  size: number;
}

export interface GridItem extends GridTile {
  task: string;
  label: string;
  class: string;
  /** x, y, width, height in pixels of the image; null: the label is of the whole image. */
  box: [number, number, number, number] | null;
  image_url: string;
  width: number;
  height: number;
  evidence: { p_error: number | null; kind: string | null; text: string } | null;
}

export interface GridBatch {
  id: string;
  class: string | null;
  /** Of objects that a model sees and nobody labeled; an item's `label` is the prediction then. */
  missing: boolean;
  order: GridOrder;
  state: "open" | "committed" | "dropped";
  heading: {
    class: string | null;
    references: (GridTile & { confirmed: boolean })[];
    seen: number;
    left: number;
    more: boolean;
  };
  items: GridItem[];
  /** The job that makes the pictures. */
  job: string | null;
}

export interface GridResult {
  item: string;
  status: "fine" | "flagged" | "relabeled" | "added" | "refused" | "stale";
}

/** A task with reported labels, and why it could not go to the stage, if it could not. */
export interface GridSent {
  task: string;
  error: { detail?: string; code?: string } | null;
}

export interface GridCommitted {
  results: GridResult[];
  sent: GridSent[];
}

export interface GridMark {
  item: string;
  class?: string;
}

/** An answer to a question of a class: an option's value, or yes and no. */
export type GridAnswer = string | number | boolean;

/** What a batch is drawn from, as the server takes it. */
export interface GridAsk {
  class?: string;
  confusion?: { predicted: string; label: string };
  annotator?: string;
  attribute?: { name: string; value: GridAnswer };
  kind?: string;
  order: GridOrder;
  size: number;
  tile: 96 | 192;
}

const path = (project: string, rest = "") => `/projects/${project}/quality/batches/${rest}`;

export const openBatch = (project: string, ask: GridAsk) => api.post<GridBatch>(path(project), ask);

export const readBatch = (project: string, id: string, tile: 96 | 192) =>
  api.get<GridBatch>(path(project, `${id}/`), { query: { tile } });

/** `stage`: where tasks with labels that are just reported go; "" leaves them where they are. */
export const commitBatch = (
  project: string,
  id: string,
  marks: readonly GridMark[],
  active_ms: number,
  stage: string,
) => api.post<GridCommitted>(path(project, `${id}/commit/`), { marks, active_ms, stage });

export const undoBatch = (project: string, id: string) =>
  api.post<{ results: { item: string; status: "taken_back" | "kept" }[] }>(path(project, `${id}/undo/`), {});

/** Gives an open batch back, so that its labels come again. It outlives its page. */
export const dropBatch = (project: string, id: string) =>
  api.del(path(project, `${id}/`), { keepalive: true }).catch(() => undefined);

/** A class of objects, or a question about the whole image: `shape` is "classification" then, and its one question
 * is itself. */
export interface GridClass {
  id?: string;
  name: string;
  shape: Shape | "classification";
  skill?: string | null;
  questions: readonly OntologyAttribute[];
}

const isThere = ({ archived }: { archived?: boolean }): boolean => !archived;

/** The classes and questions of an ontology that stand, in its order. */
export function classesOf({
  objects,
  classifications,
}: Pick<OntologyBody, "objects" | "classifications">): GridClass[] {
  return [
    ...objects
      .filter(isThere)
      .map(({ attributes = [], ...one }) => ({ ...one, questions: attributes.filter(isThere) })),
    ...classifications
      .filter(isThere)
      .map((one) => ({ id: one.id, name: one.name, shape: "classification" as const, questions: [one] })),
  ];
}

export const useGridClasses = (ontology: string | undefined) =>
  useQuery({
    queryKey: ["ontologies", ontology ?? "", "grid-classes"],
    queryFn: ({ signal }) => api.get<Ontology>(`/ontologies/${ontology}/`, { signal }),
    select: classesOf,
    enabled: ontology !== undefined,
    staleTime: 60_000,
  });
