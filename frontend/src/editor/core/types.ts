/** What the editor knows of the world: labels as the contract spells them, and the ontology that gives them meaning. */

export type Pt = readonly [number, number];

export interface BoxGeometry {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
/** Angle in degrees, clockwise, around the centre. */
export interface RotatedGeometry {
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}
/** Parts of rings: the first ring of a part is its outline, the others are holes. */
export interface PolygonGeometry {
  readonly polygons: readonly (readonly (readonly Pt[])[])[];
}
export interface PolylineGeometry {
  readonly points: readonly Pt[];
}
export interface KeypointGeometry {
  readonly x: number;
  readonly y: number;
}
export interface Joint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly visibility: 0 | 1 | 2;
}
export interface SkeletonGeometry {
  readonly points: readonly Joint[];
}
/** Compressed COCO run lengths; size is [height, width]. */
export interface BitmaskGeometry {
  readonly size: readonly [number, number];
  readonly counts: string;
}

export interface Geometries {
  bounding_box: BoxGeometry;
  rotatable_bounding_box: RotatedGeometry;
  polygon: PolygonGeometry;
  polyline: PolylineGeometry;
  keypoint: KeypointGeometry;
  skeleton: SkeletonGeometry;
  bitmask: BitmaskGeometry;
  classification: null;
}
export type ShapeKind = keyof Geometries;
export type DrawnKind = Exclude<ShapeKind, "classification">;

export interface Nested {
  readonly value: string;
  readonly attributes: Answers;
}
export type Choice = string | Nested;
export type Answer = Choice | number | boolean | readonly Choice[] | null;
export interface Answers {
  readonly [attribute: string]: Answer;
}

export interface Origin {
  readonly kind: "human" | "model" | "import" | "agent";
  readonly model?: string | null;
  /** What the model was asked with. */
  readonly prompts?: Readonly<Record<string, unknown>> | readonly unknown[] | null;
  readonly edited?: boolean;
}

interface LabelOf<S extends ShapeKind> {
  readonly id: string;
  readonly class: string;
  readonly shape: S;
  readonly geometry: Geometries[S];
  readonly attributes: Answers;
  readonly origin?: Origin;
}
export type Label = { [S in ShapeKind]: LabelOf<S> }[ShapeKind];
export type DrawnLabel = Exclude<Label, { shape: "classification" }>;

export type AttributeType = "radio" | "checklist" | "text" | "number" | "boolean";
export interface Option {
  readonly id: string;
  readonly value: string;
  readonly attributes: readonly Attribute[];
  readonly archived: boolean;
}
export interface Attribute {
  readonly id: string;
  readonly name: string;
  readonly type: AttributeType;
  readonly required: boolean;
  readonly options: readonly Option[];
  readonly archived: boolean;
}
export interface Template {
  readonly points: readonly string[];
  readonly edges: readonly (readonly [number, number])[];
}
export interface ObjectClass {
  readonly id: string;
  readonly name: string;
  readonly shape: DrawnKind;
  readonly color: string;
  readonly attributes: readonly Attribute[];
  readonly template: Template | null;
  readonly archived: boolean;
}
export interface Ontology {
  readonly objects: readonly ObjectClass[];
  readonly classifications: readonly Attribute[];
}

export const REASONS = ["wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute"] as const;
export type ReasonKind = (typeof REASONS)[number];

/** A reviewer's word on one label; `label` is null for an object that nobody labelled. */
export interface Verdict {
  readonly id: string;
  readonly label: string | null;
  readonly verdict: "approved" | "rejected";
  readonly kind: ReasonKind | null;
  readonly class: string | null;
  readonly geometry: DrawnLabel | null;
  readonly reason: string;
  readonly elapsedMs: number;
  /** With `label` null: the whole image was searched for what nobody labelled. */
  readonly mode?: "exhaustive";
}

/** The same label in another place or class: spreading loses the tie between shape and geometry, this keeps it. */
export function reshaped<L extends Label>(label: L, geometry: L["geometry"]): L {
  return { ...label, geometry };
}

/** A change by hand to what a model made: the label says so from then on, as the server would say it of a saved one. */
export function byHand(before: Label | null, after: Label): Label {
  const { origin } = after;
  if (!before || origin?.kind !== "model" || origin.edited || origin !== before.origin) return after;
  return { ...after, origin: { ...origin, edited: true } };
}
