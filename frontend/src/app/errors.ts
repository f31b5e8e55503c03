import { isProblem, type Problem } from "../api/client";
import { t } from "./t";

/** "/objects/0/name" → "objects.0.name", the way a form names its fields. */
export function pointerToPath(pointer: string): string {
  return pointer
    .replace(/^#?\//, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".");
}

export interface SortedErrors {
  /** Form path → what is wrong there. */
  fields: Record<string, string>;
  /** What belongs to no field of the form, to be shown above it. */
  rest: string[];
}

/**
 * Sorts a problem's errors into the fields of a form.
 * An error of a part the form shows as one field ("roles" for "/roles/0") lands on that field.
 */
export function sortErrors(problem: Problem, known: readonly string[]): SortedErrors {
  const sorted: SortedErrors = { fields: {}, rest: [] };
  for (const error of problem.errors) {
    const path = pointerToPath(error.pointer);
    const field = known.find((name) => path === name || path.startsWith(`${name}.`));
    if (field && !sorted.fields[field]) sorted.fields[field] = error.detail;
    else if (!field) sorted.rest.push(path ? `${path}: ${error.detail}` : error.detail);
  }
  if (problem.errors.length === 0) sorted.rest.push(describeError(problem));
  return sorted;
}

/** One calm sentence for anything that was thrown. */
export function describeError(error: unknown): string {
  if (!isProblem(error)) return error instanceof Error && error.message ? error.message : t("error.unknown");
  if (error.offline) return t("error.network");
  if (error.status === 429) return t("error.throttled", { seconds: error.retryAfter ?? 60 });
  if (error.status === 412) return t("error.stale");
  if (error.status === 404) return t("error.notFound");
  if (error.status >= 500) return t("error.server");
  const [first] = error.errors;
  if (first && !error.message) return first.detail;
  return error.message;
}

/** A request that may succeed when simply sent again. */
export const isPassing = (error: unknown): boolean => isProblem(error) && (error.status === 0 || error.status >= 500);
