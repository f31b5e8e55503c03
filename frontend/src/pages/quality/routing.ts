import type { GridClass } from "../../api/grid";
import type { RouteRule } from "../../api/quality";
import type { QualityRoute, QualityRouteRun } from "../../api/types";
import { kindWords, say } from "./messages";
import { between, count, duration, share } from "./plots/scale";

export const RULES = ["threshold", "top", "target_recall", "budget"] as const satisfies readonly RouteRule[];

/** What a person types for a rule, and how that becomes what the server is asked. */
export const FIELDS: Record<RouteRule, { first: number; least: number; most: number; step: number; unit: number }> = {
  threshold: { first: 0.5, least: 0, most: 1, step: 0.05, unit: 1 },
  top: { first: 50, least: 1, most: 10_000_000, step: 10, unit: 1 },
  target_recall: { first: 80, least: 1, most: 100, step: 5, unit: 0.01 },
  budget: { first: 60, least: 1, most: 100_000, step: 15, unit: 60 },
};

/** What a routing would do, in a sentence. */
export const promiseOf = ({ selected, of, expected_errors, seconds }: QualityRoute): string =>
  say("wouldSend", { count: selected, of, errors: count(expected_errors), time: duration(seconds) });

/** What a budget has left, and what it went on. */
export function budgetOf({ left, audits, spent_today }: NonNullable<QualityRoute["budget"]>): string {
  const words = [say("budgetLeft", { time: duration(left) })];
  if (audits > 0) words.push(say("budgetAudits", { time: duration(audits) }));
  if (spent_today > 0) words.push(say("budgetSpent", { time: duration(spent_today) }));
  return words.join(" ");
}

/** The skills that classes and their questions ask for, each once. */
export const skillsOf = (classes: readonly GridClass[]): string[] =>
  [
    ...new Set(classes.flatMap(({ skill, questions }) => [skill, ...questions.map((one) => one.skill)]).filter(isText)),
  ].sort();

const isText = (value: string | null | undefined): value is string => typeof value === "string" && value !== "";

/** Which share of the errors that finds, or why nobody can tell. */
export function recallOf({ recall }: Pick<QualityRoute, "recall">): string {
  if (recall.known && recall.estimate !== undefined)
    return say("recallIs", { share: between(recall.estimate, recall.low ?? null, recall.high ?? null) });
  return say("recallUnknown", { errors: recall.audit_errors, needed: recall.needed });
}

/** What an earlier routing was narrowed to, in words; `people` are names by id. */
export function narrowWords(
  { rule: { person, skill, per_day }, filter }: Pick<QualityRouteRun, "rule" | "filter">,
  people: ReadonlyMap<string, string>,
): string {
  const words: string[] = [];
  if (per_day) words.push(say("rulePerDay"));
  if (person) words.push(say("ruleOf", { name: people.get(person) ?? "–" }));
  if (skill) words.push(say("ruleSkill", { name: skill }));
  for (const name of ["class", "kind"]) if (filter[name]) words.push(kindWords(String(filter[name])));
  if (filter.stage) words.push(say("ruleWaiting", { name: String(filter.stage) }));
  return words.join(", ");
}

/** The rule of an earlier routing. */
export function ruleWords({ rule: { name, value } }: Pick<QualityRouteRun, "rule">): string {
  if (name === "threshold") return say("ruleThreshold", { value });
  if (name === "top") return say("ruleTop", { value });
  if (name === "target_recall") return say("ruleRecall", { share: share(value) });
  if (name === "policy") return say("rulePolicy", { time: duration(value) });
  return say("ruleBudget", { time: duration(value) });
}
