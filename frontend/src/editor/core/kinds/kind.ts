/**
 * What the editor must know of a shape to draw, hit, move and reshape it. One file per shape; a new shape is a new file and a line in `index.ts`.
 */
import type { DrawnKind, Geometries } from "../types";

/** The outline in image pixels: closed rings (holes run against outlines), open lines and dots. A bitmask has none: its pixels are drawn. */
export interface Path {
  readonly rings: readonly Float64Array[];
  readonly lines: readonly Float64Array[];
  readonly dots: Float64Array;
}

export type Role = "corner" | "side" | "vertex" | "turn";

/** A place to take hold of. `part`, `ring`, `index` say which coordinate it stands for. */
export interface Handle {
  readonly role: Role;
  readonly part: number;
  readonly ring: number;
  readonly index: number;
  readonly x: number;
  readonly y: number;
  /** CSS cursor while the pointer is over it. */
  readonly cursor: string;
}

export interface Kind<S extends DrawnKind> {
  readonly shape: S;
  /** Whether moving and reshaping it makes sense. */
  readonly editable: boolean;
  path(geometry: Geometries[S]): Path;
  moved(geometry: Geometries[S], dx: number, dy: number): Geometries[S];
  handles(geometry: Geometries[S]): readonly Handle[];
  /** The geometry with the handle at a new place; `even` keeps proportions or angle steps where the shape has them. */
  dragged(geometry: Geometries[S], handle: Handle, x: number, y: number, even: boolean): Geometries[S];
  /** A new vertex on the nearest edge, or null when no edge is within `reach`. */
  grown?(geometry: Geometries[S], x: number, y: number, reach: number): Geometries[S] | null;
  /** Without that vertex, or null when the shape could not live without it. */
  shrunk?(geometry: Geometries[S], handle: Handle): Geometries[S] | null;
  /** Why the server would refuse it, or null. */
  fault?(geometry: Geometries[S]): "crossing" | "tiny" | null;
}

export const NOTHING = new Float64Array(0);

export const vertex = (part: number, ring: number, index: number, x: number, y: number): Handle => ({
  role: "vertex",
  part,
  ring,
  index,
  x,
  y,
  cursor: "move",
});

/** Coordinates are kept to a hundredth of a pixel: finer is noise of the zoom, and it doubles what is saved. */
export const tidy = (v: number): number => Math.round(v * 100) / 100;
