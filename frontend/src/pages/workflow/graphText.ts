import type { Graph } from "../../api/types";

export type ParsedGraph = { graph: Graph; error: null } | { graph: null; error: string };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads the editor's text as far as drawing and sending need it; the server judges the rest. */
export function parseGraph(text: string): ParsedGraph {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { graph: null, error: error instanceof Error ? error.message : String(error) };
  }
  if (!isRecord(value) || !Array.isArray(value.stages) || !Array.isArray(value.pathways)) {
    return { graph: null, error: "stages, pathways" };
  }
  const stages = value.stages.every(
    (stage) => isRecord(stage) && typeof stage.id === "string" && typeof stage.type === "string",
  );
  const pathways = value.pathways.every(
    (pathway) => isRecord(pathway) && typeof pathway.from === "string" && typeof pathway.to === "string",
  );
  if (!stages || !pathways) return { graph: null, error: stages ? "pathways" : "stages" };
  return { graph: value as unknown as Graph, error: null };
}

export const formatGraph = (graph: Graph): string => JSON.stringify(graph, null, 2);

/** Stages that a new graph no longer has, and whose tasks therefore need another place. */
export function removedStages(before: Graph, after: Graph): string[] {
  const kept = new Set(after.stages.map(({ id }) => id));
  return before.stages.map(({ id }) => id).filter((id) => !kept.has(id));
}
