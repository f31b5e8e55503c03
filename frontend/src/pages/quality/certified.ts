import type { QualityCertificate, QualityLine } from "../../api/types";
import { say } from "./messages";
import { between, share } from "./plots/scale";

type Said = Pick<QualityLine, "certified" | "estimate" | "low" | "high" | "n_needed" | "rests_on">;

/** The share still wrong in a sentence, or that it is not certified. */
export function headline(said: Said): string {
  if (!said.certified) return say("notCertified");
  return say("stillWrong", { share: between(said.estimate ?? null, said.low ?? null, said.high ?? null) });
}

/** What is to be done for an upper end within the target; nothing where it is there. */
export function stillNeeded(said: Said, target: number): string {
  const within = said.certified && (said.high ?? 1) <= target;
  if (within) return say("withinTarget", { target: share(target) });
  return said.n_needed > 0 ? say("looksWouldDo", { count: said.n_needed, target: share(target) }) : "";
}

type GridPart = NonNullable<QualityCertificate["grid"]>;

/** What the grid has to say, and what that rests on; or why it is not heard. */
export function gridWords({ heard, reason, looks, at_random, marked, sensitivity, confirmed }: GridPart): string {
  const seen = say("gridLooks", { looks, random: at_random, marked });
  if (!heard) return `${seen} ${say("gridUnheard", { why: reason ?? "" })}`;
  const part = ({ estimate, low, high }: typeof confirmed | typeof sensitivity) => between(estimate, low, high);
  const said = say("gridHeard", {
    found: part(sensitivity),
    hidden: sensitivity.hidden,
    confirmed: part(confirmed),
    checked: confirmed.checked,
  });
  return `${seen} ${said}`;
}

/** The end of the axis that shows these lines and the target. */
export const farthest = (lines: readonly Said[], target: number): number =>
  Math.max(target, ...lines.map(({ high, estimate }) => high ?? estimate ?? 0));
