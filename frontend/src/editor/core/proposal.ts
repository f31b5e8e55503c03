/** From what the assistant proposes to a label: the geometry that the class wants, and where it came from. */
import type { Answer, Candidate, Prompt } from "./assist";
import { clamp } from "./geometry";
import { pathOf } from "./kinds";
import { tidy } from "./kinds/kind";
import { sound, turnedBox } from "./outline";
import type { BoxGeometry, DrawnKind, DrawnLabel, Geometries, Origin, Pt } from "./types";
import type { Size } from "./view";

/** The candidate as a shape, or null where it cannot be one. */
export function shaped<S extends DrawnKind>(candidate: Candidate, shape: S, image: Size): Geometries[S] | null {
  return made(candidate, shape, image) as Geometries[S] | null;
}

function made({ geometry, polygons, bbox }: Candidate, shape: DrawnKind, image: Size): Geometries[DrawnKind] | null {
  switch (shape) {
    case "bitmask":
      return geometry;
    case "polygon":
      return sound(polygons);
    case "bounding_box":
      return inside(bbox, image);
    case "rotatable_bounding_box":
      return turnedBox(polygons.flatMap(([outline = []]) => outline));
    default:
      return null;
  }
}

function inside({ x, y, width, height }: BoxGeometry, image: Size): BoxGeometry | null {
  const left = tidy(clamp(x, 0, image.width)),
    top = tidy(clamp(y, 0, image.height));
  const box = {
    x: left,
    y: top,
    width: tidy(Math.min(x + width, image.width) - left),
    height: tidy(Math.min(y + height, image.height) - top),
  };
  return box.width > 0 && box.height > 0 ? box : null;
}

/** The first question about a saved or just painted shape; null where it has no surface to go on from. */
export function seeded(label: DrawnLabel): Pick<Prompt, "seed" | "box"> | null {
  switch (label.shape) {
    case "bitmask":
      return { seed: { mask: label.geometry }, box: null };
    case "polygon":
      return { seed: { polygons: label.geometry.polygons }, box: null };
    case "bounding_box":
      return { seed: null, box: label.geometry };
    case "rotatable_bounding_box":
      return { seed: { polygons: [pathOf(label).rings.map(pairs)] }, box: null };
    default:
      return null;
  }
}

function pairs(ring: Float64Array): Pt[] {
  return Array.from({ length: ring.length / 2 }, (_, i): Pt => [tidy(ring[2 * i] ?? 0), tidy(ring[2 * i + 1] ?? 0)]);
}

/** `refined`: a label that a hand or a model had made before went into it. */
export function originOf(
  answer: Answer,
  candidate: Candidate,
  prompt: Prompt,
  box: BoxGeometry | null,
  refined: boolean,
): Origin {
  const prompts = {
    ...(prompt.points.length ? { points: prompt.points } : {}),
    ...(box ? { box } : {}),
    ...(prompt.seed ? { seed: "mask" in prompt.seed ? "mask" : "polygons" } : {}),
    ...(answer.modelId ? { model_id: answer.modelId } : {}),
    score: candidate.score,
  };
  return { kind: "model", model: answer.model, prompts, edited: refined };
}
