import type { QualityFigures } from "../../api/types";
import { say } from "./messages";

/** So many a minute in words; nothing where nobody has measured it. */
export function rate(value: number | null): string | null {
  if (value === null) return null;
  return value >= 9.95 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

/** How the grid's pace compares with whole images' in this project, or that nobody can tell. */
export function timesFaster({ times_faster: times }: Pick<QualityFigures, "times_faster">): string {
  if (times === null) return say("fasterUnknown");
  return say("faster", { times: times >= 9.95 ? String(Math.round(times)) : times.toFixed(1) });
}
