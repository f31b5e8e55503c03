import type { DrawnKind, DrawnLabel, Geometries } from "../types";
import { bitmask } from "./bitmask";
import { box } from "./box";
import type { Handle, Kind, Path } from "./kind";
import { keypoint, polyline, skeleton } from "./open";
import { polygon } from "./polygon";
import { rotated } from "./rotated";

const KINDS: { readonly [S in DrawnKind]: Kind<S> } = {
  bounding_box: box,
  rotatable_bounding_box: rotated,
  polygon,
  polyline,
  keypoint,
  skeleton,
  bitmask,
};

/** The one place where a label's shape and its geometry are held together for the compiler. */
function of<S extends DrawnKind>(label: {
  shape: S;
  geometry: Geometries[S];
}): { kind: Kind<S>; geometry: Geometries[S] } {
  return { kind: KINDS[label.shape] as Kind<S>, geometry: label.geometry };
}

const rebuilt = <L extends DrawnLabel>(label: L, geometry: L["geometry"] | null): L | null =>
  geometry ? { ...label, geometry } : null;

export const isEditable = (shape: DrawnKind): boolean => KINDS[shape].editable;

export function pathOf(label: DrawnLabel): Path {
  const { kind, geometry } = of<DrawnKind>(label);
  return kind.path(geometry);
}

export function moved<L extends DrawnLabel>(label: L, dx: number, dy: number): L {
  const { kind, geometry } = of<DrawnKind>(label);
  return { ...label, geometry: kind.moved(geometry, dx, dy) };
}

export function handlesOf(label: DrawnLabel): readonly Handle[] {
  const { kind, geometry } = of<DrawnKind>(label);
  return kind.handles(geometry);
}

export function dragged<L extends DrawnLabel>(label: L, handle: Handle, x: number, y: number, even: boolean): L {
  const { kind, geometry } = of<DrawnKind>(label);
  return { ...label, geometry: kind.dragged(geometry, handle, x, y, even) };
}

export function grown<L extends DrawnLabel>(label: L, x: number, y: number, reach: number): L | null {
  const { kind, geometry } = of<DrawnKind>(label);
  return rebuilt(label, kind.grown?.(geometry, x, y, reach) ?? null);
}

export function shrunk<L extends DrawnLabel>(label: L, handle: Handle): L | null {
  const { kind, geometry } = of<DrawnKind>(label);
  return rebuilt(label, kind.shrunk?.(geometry, handle) ?? null);
}

export function faultOf(label: DrawnLabel): "crossing" | "tiny" | null {
  const { kind, geometry } = of<DrawnKind>(label);
  return kind.fault?.(geometry) ?? null;
}
