import type { RouterBranches } from "../../api/quality";
import type { Graph, QualityPreview, QualityPreviewProject } from "../../api/types";

/** Facts that come from scores: without them a router waits. */
const COMPUTED = new Set([
  "mistakenness",
  "expected_errors",
  "mistakenness_rank",
  "hardness",
  "uniqueness",
  "agreement",
  "confidence",
  "annotator_error_rate",
]);

export interface Router extends RouterBranches {
  id: string;
  title: string;
  /** Outcomes to the titles of the stages that they lead to. */
  targets: ReadonlyMap<string, string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every fact that a condition names, however deep; nothing of what is no condition. */
export function factsOf(when: unknown): string[] {
  if (Array.isArray(when)) return when.flatMap(factsOf);
  if (!isRecord(when)) return [];
  if (typeof when.fact === "string") return [when.fact];
  return [when.all, when.any, when.not].flatMap(factsOf);
}

const isBranch = (value: unknown): value is { outcome: string; when: unknown } =>
  isRecord(value) && typeof value.outcome === "string" && isRecord(value.when);

/** The routers of a graph that decide on a computed fact, as far as what was typed can be read. */
export function routersOnScores({ stages, pathways }: Graph): Router[] {
  const titles = new Map(stages.map(({ id, title }) => [id, title || id]));
  return stages.flatMap(({ id, type, title, config }) => {
    if (type !== "router" || !isRecord(config) || !Array.isArray(config.branches)) return [];
    const branches = config.branches.filter(isBranch);
    if (branches.length < config.branches.length) return [];
    if (!branches.some(({ when }) => factsOf(when).some((fact) => COMPUTED.has(fact)))) return [];
    const ways = pathways.filter(({ from }) => from === id);
    return {
      id,
      title: title || id,
      branches: branches.map(({ outcome, when }) => ({ outcome, when })),
      otherwise: typeof config.otherwise === "string" ? config.otherwise : "",
      targets: new Map(ways.map(({ outcome, to }) => [outcome, titles.get(to) ?? to])),
    };
  });
}

/** Where to look first: at this project if it was scored, else at the most recently active one that was. */
export const firstChoice = (projects: readonly QualityPreviewProject[], own: string): string | undefined =>
  (projects.find(({ id, scored }) => id === own && scored) ?? projects.find(({ scored }) => scored))?.id;

export interface Lane {
  key: string;
  /** The outcome, or the fact that is missing. */
  name: string;
  waits: boolean;
  tasks: number;
  /** Of all that were tried, from 0 to 1. */
  share: number;
}

/** An answer as bars: the outcomes in the router's order, then what could not be told, by the fact it waits for. */
export function lanesOf({ of, outcomes, waiting }: QualityPreview): Lane[] {
  const share = (tasks: number) => (of > 0 ? tasks / of : 0);
  const sent = outcomes.map(({ outcome, tasks }) => ({ key: `to ${outcome}`, name: outcome, waits: false, tasks }));
  const held = waiting.map(({ fact, tasks }) => ({ key: `waits ${fact}`, name: fact, waits: true, tasks }));
  return [...sent.filter(({ name, tasks }) => name !== "" || tasks > 0), ...held].map((lane) => ({
    ...lane,
    share: share(lane.tasks),
  }));
}
