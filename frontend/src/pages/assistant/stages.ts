import type { Graph, ModelVersion } from "../../api/types";

/** A stage whose work a model of ours does, or prepares. */
export interface ModelStage {
  id: string;
  title: string;
  /** Labels ahead of people; predicts in their place; or marks every object as `named`. */
  does: "prelabel" | "predict" | "everything";
  /** The model as the config names it; empty: the project's assistant. */
  model: string;
  /** The class that every object gets. */
  named: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** The stages of a workflow that have a model: pre-labels before people, built-in agents in their place. */
export function modelStages({ stages }: Graph): ModelStage[] {
  return stages.flatMap(({ id, title, type, config }): ModelStage[] => {
    const prelabel = text(config.prelabel);
    if (type === "annotate") return prelabel ? [{ id, title, does: "prelabel", model: prelabel, named: "" }] : [];
    const does = config.agent;
    if (type !== "agent" || (does !== "predict" && does !== "everything")) return [];
    return [{ id, title, does, model: text(config.model), named: text(config.class) }];
  });
}

/** A config names a model by its id or its name. */
export const nameOf = (models: readonly ModelVersion[], named: string): string =>
  models.find(({ id }) => id === named)?.name ?? named;
