import type { Query } from "../../api/client";
import type { TaskStatus } from "../../api/types";

export const STATUSES: readonly TaskStatus[] = ["waiting", "claimed", "routing", "complete", "archived"];
export const ORDERINGS = ["id", "-id", "priority", "-priority", "updated_at", "-updated_at"] as const;
export type Ordering = (typeof ORDERINGS)[number];

/** The filters of a tasks table as they stand in its address. */
export interface TaskFilters {
  stage?: string;
  status?: TaskStatus;
  assignee?: string;
  ordering?: Ordering;
}

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  (list as readonly unknown[]).includes(value);

/** Reads an address leniently: what is not a filter, or not one of its values, is left out. */
export function parseFilters(search: Record<string, unknown>): TaskFilters {
  const filters: TaskFilters = {};
  if (typeof search.stage === "string" && search.stage) filters.stage = search.stage;
  if (isOneOf(STATUSES, search.status)) filters.status = search.status;
  if (typeof search.assignee === "string" && search.assignee) filters.assignee = search.assignee;
  if (isOneOf(ORDERINGS, search.ordering)) filters.ordering = search.ordering;
  return filters;
}

export const toQuery = (filters: TaskFilters, limit = 100): Query => ({ ...filters, limit });

export const isFiltered = ({ stage, status, assignee }: TaskFilters): boolean => Boolean(stage || status || assignee);

/** A pressed column heading: first its natural order, then the other one, then none. */
export function nextOrdering(current: Ordering | undefined, up: Ordering, down: Ordering): Ordering | undefined {
  if (current === up) return down;
  if (current === down) return undefined;
  return up;
}
