import { useQuery } from "@tanstack/react-query";
import { api } from "./client";

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
  status: "fine" | "flagged" | "relabeled" | "refused" | "stale";
}

export interface GridMark {
  item: string;
  class?: string;
}

/** What a batch is drawn from, as the server takes it. */
export interface GridAsk {
  class?: string;
  confusion?: { predicted: string; label: string };
  annotator?: string;
  kind?: string;
  order: GridOrder;
  size: number;
  tile: 96 | 192;
}

const path = (project: string, rest = "") => `/projects/${project}/quality/batches/${rest}`;

export const openBatch = (project: string, ask: GridAsk) => api.post<GridBatch>(path(project), ask);

export const readBatch = (project: string, id: string, tile: 96 | 192) =>
  api.get<GridBatch>(path(project, `${id}/`), { query: { tile } });

export const commitBatch = (project: string, id: string, marks: readonly GridMark[], active_ms: number) =>
  api.post<{ results: GridResult[] }>(path(project, `${id}/commit/`), { marks, active_ms });

export const undoBatch = (project: string, id: string) =>
  api.post<{ results: { item: string; status: "taken_back" | "kept" }[] }>(path(project, `${id}/undo/`), {});

/** Gives an open batch back, so that its labels come again. It outlives its page. */
export const dropBatch = (project: string, id: string) =>
  api.del(path(project, `${id}/`), { keepalive: true }).catch(() => undefined);

export interface GridClass {
  id: string;
  name: string;
  color: string | null;
  shape: string;
}

interface OntologyBody {
  objects: (GridClass & { archived?: boolean })[];
}

/** The object classes that may be given, in the ontology's order. */
export const useGridClasses = (ontology: string | undefined) =>
  useQuery({
    queryKey: ["ontologies", ontology ?? "", "grid-classes"],
    queryFn: ({ signal }) => api.get<OntologyBody>(`/ontologies/${ontology}/`, { signal }),
    select: (body) => body.objects.filter((one) => !one.archived),
    enabled: ontology !== undefined,
    staleTime: 60_000,
  });
