import type { Graph, ModelVersion } from "../../api/types";

/** A stage whose work a model does, or prepares. `model` is as the config names it. */
export interface ModelStage {
  id: string;
  title: string;
  type: "annotate" | "agent";
  model: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** The stages of a workflow that name a model: pre-labels before people, agents in their place. */
export function modelStages({ stages }: Graph): ModelStage[] {
  return stages.flatMap(({ id, title, type, config }) => {
    if (type !== "annotate" && type !== "agent") return [];
    const model = text(type === "annotate" ? config.prelabel : config.model);
    return model ? [{ id, title, type, model }] : [];
  });
}

/** A config names a model by its id or its name. */
export const nameOf = (models: readonly ModelVersion[], named: string): string =>
  models.find(({ id }) => id === named)?.name ?? named;
