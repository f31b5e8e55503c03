/** What the server says against a task's labels, made fit for the editor: classes by id, shapes that can be drawn, nothing taken for granted. */
import { compile, type Item } from "../core/item";
import type { Vocabulary } from "../core/ontology";
import { type DrawnLabel, REASONS, type ReasonKind } from "../core/types";

/** A piece of a sheet of crops: `size` pixels square, its corner at (x, y). */
export interface Crop {
  readonly url: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export interface Near {
  readonly key: string;
  readonly class: string;
  readonly crop: Crop;
}

/** What a model sees where a label is, or where nobody labelled anything. */
export interface Seen {
  readonly class: string;
  readonly confidence: number | null;
  /** Who says so. */
  readonly model: string | null;
  /** As a label, where the ontology can hold it. */
  readonly label: DrawnLabel | null;
  readonly item: Item | null;
}

/** What speaks against one label or, with `label` null, for an object that nobody labelled. */
export interface Clue {
  readonly id: string;
  readonly label: string | null;
  readonly class: string;
  /** The chance that an expert would change it. */
  readonly p: number;
  readonly calibrated: boolean;
  readonly kind: ReasonKind | null;
  readonly sentence: string;
  readonly seen: Seen | null;
  readonly near: readonly Near[];
}

export interface Evidence {
  readonly reason: unknown;
  readonly metrics: unknown;
  readonly labels: ReadonlyMap<string, Clue>;
  /** Likeliest first. */
  readonly missing: readonly Clue[];
}

export const NO_EVIDENCE: Evidence = { reason: null, metrics: null, labels: new Map(), missing: [] };

type Json = Readonly<Record<string, unknown>>;
const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string => (typeof v === "string" ? v : "");
const figure = (v: unknown): number | null => (typeof v === "number" && Number.isFinite(v) ? v : null);

function cropOf(v: Json): Crop | null {
  const [x, y, size] = [figure(v.x), figure(v.y), figure(v.size)],
    url = text(v.atlas_url);
  return url && x !== null && y !== null && size ? { url, x, y, size } : null;
}

/** Neighbours without a picture say nothing to the eye and are left out. */
function nearOf(v: unknown): Near[] {
  const one = object(v),
    crop = cropOf(one);
  return crop ? [{ key: text(one.label), class: text(one.class), crop }] : [];
}

function seenOf(v: unknown, id: string, vocabulary: Vocabulary): Seen | null {
  if (!v) return null;
  const said = object(v),
    name = text(said.class),
    found = vocabulary.object(name),
    known = { class: name, confidence: figure(said.confidence), model: text(said.model) || null };
  if (!found || found.archived || (said.shape ?? found.shape) !== found.shape)
    return { ...known, label: null, item: null };
  const label = { id, class: found.id, shape: found.shape, geometry: said.geometry, attributes: {} } as DrawnLabel;
  try {
    const item = compile(label, found.template);
    if (Number.isFinite(item.minX + item.minY + item.maxX + item.maxY)) return { ...known, label, item };
  } catch {
    // A place that cannot be read is none.
  }
  return { ...known, label: null, item: null };
}

function clueOf(v: unknown, vocabulary: Vocabulary): Clue {
  const row = object(v),
    id = text(row.id),
    label = text(row.label) || null,
    kind = REASONS.find((reason) => reason === row.kind) ?? null;
  const bare = { class: row.class, shape: row.shape, geometry: row.geometry };
  return {
    id,
    label,
    class: text(row.class),
    p: figure(row.p_error) ?? figure(row.value) ?? 0,
    calibrated: row.calibrated === true,
    kind,
    sentence: text(row.evidence),
    // A missing object is a prediction itself: what its row says of place and class is what a model sees.
    seen: seenOf(label ? row.model_label : { ...bare, ...object(row.model_label) }, label ?? id, vocabulary),
    near: list(row.neighbours).flatMap(nearOf).slice(0, 4),
  };
}

export function decodeEvidence(v: unknown, vocabulary: Vocabulary): Evidence {
  const said = object(v),
    labels = list(said.labels).map((row) => clueOf(row, vocabulary));
  return {
    reason: said.route_reason ?? null,
    metrics: said.metrics ?? null,
    labels: new Map(labels.flatMap((clue) => (clue.label ? [[clue.label, clue]] : []))),
    missing: list(said.missing)
      .map((row) => clueOf(row, vocabulary))
      .filter((clue) => clue.seen?.item)
      .sort((a, b) => b.p - a.p),
  };
}
