import type { Assistant, FinetuneRow, Interval, ModelVersion } from "../../api/types";

export const CLASSICAL = "classical";
/** Stands for "as the instance has it" among the choices; the server says null. */
export const DEFAULT = "default";

export interface Gain {
  click: Interval | null;
  box: Interval | null;
  heldOut: number;
}

export interface Choice {
  value: string;
  kind: "default" | "classical" | "model" | "missing";
  model: ModelVersion | null;
  /** What the tuning measured that this version came of. */
  gain: Gain | null;
}

const segmenters = (models: readonly ModelVersion[]) => models.filter(({ kind }) => kind === "segmenter");

/** The versions tuned here, the latest first, after the instance's models. */
export function inOrder(models: readonly ModelVersion[], project: string): ModelVersion[] {
  const usable = segmenters(models).filter((model) => model.project === null || model.project === project);
  const older = (a: ModelVersion, b: ModelVersion) => a.created_at.localeCompare(b.created_at);
  return [
    ...usable.filter(({ base }) => base === null).toSorted(older),
    ...usable.filter(({ base }) => base !== null).toSorted((a, b) => older(b, a)),
  ];
}

export const defaultModel = (models: readonly ModelVersion[]): ModelVersion | null =>
  segmenters(models).find(({ is_default }) => is_default) ?? null;

function gainOf(model: ModelVersion, runs: readonly FinetuneRow[]): Gain | null {
  const state = runs.find((run) => run.model === model.id)?.state;
  return state ? { click: state.click_gain, box: state.box_gain, heldOut: state.held_out } : null;
}

/** What a project may choose from, with what is known of each. The choice that stands is always among them. */
export function choicesOf(
  models: readonly ModelVersion[],
  runs: readonly FinetuneRow[],
  project: string,
  chosen: Assistant["model"],
): Choice[] {
  const found: Choice[] = inOrder(models, project).map((model) => ({
    value: model.id,
    kind: "model",
    model,
    gain: gainOf(model, runs),
  }));
  const standing = defaultModel(models);
  if (standing || found.length > 0) found.unshift({ value: DEFAULT, kind: "default", model: standing, gain: null });
  if (chosen && chosen !== CLASSICAL && !found.some(({ value }) => value === chosen))
    found.push({ value: chosen, kind: "missing", model: null, gain: null });
  return [{ value: CLASSICAL, kind: "classical", model: null, gain: null }, ...found];
}

/** Which of the choices stands. Without any model, the default is the classical one. */
export const standing = (choices: readonly Choice[], chosen: Assistant["model"]): string =>
  chosen ?? (choices.some(({ value }) => value === DEFAULT) ? DEFAULT : CLASSICAL);

/** What the server is told of a choice. */
export const modelOf = (value: string): string | null => (value === DEFAULT ? null : value);
