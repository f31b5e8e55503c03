/** What the assistant answers, from JSON: nothing trusted to be there that a drawing would stumble over. */
import type { Answer, AssistInfo, Candidate } from "../core/assist";
import type { BoxGeometry, Pt } from "../core/types";

type Json = Readonly<Record<string, unknown>>;
const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string => (typeof v === "string" ? v : "");
const orNull = (v: unknown): string | null => text(v) || null;
const number = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) ? v : 0);
const point = (v: unknown): Pt => [number(list(v)[0]), number(list(v)[1])];
const rings = (v: unknown): Pt[][] => list(v).map((ring) => list(ring).map(point));

function box(v: unknown): BoxGeometry {
  const b = object(v);
  return { x: number(b.x), y: number(b.y), width: number(b.width), height: number(b.height) };
}

function candidates(v: unknown): Candidate[] {
  return list(v).flatMap((one) => {
    const c = object(one),
      { size, counts } = object(c.geometry),
      [height, width] = list(size);
    if (!text(counts)) return [];
    return [
      {
        geometry: { size: [number(height), number(width)] as const, counts: text(counts) },
        polygons: list(c.polygons).map(rings),
        bbox: box(c.bbox),
        score: typeof c.score === "number" ? c.score : null,
      },
    ];
  });
}

export function decodeAnswer(v: unknown): Answer {
  const a = object(v);
  return {
    candidates: candidates(a.candidates),
    answers: list(a.answers).map(decodeAnswer),
    path: list(a.path).map(point),
    model: text(a.model) || "classical",
    modelId: orNull(a.model_id),
    assistant: a.assistant === "model" ? "model" : "classical",
    token: text(a.token),
    warming: a.warming === true,
    note: text(a.note),
  };
}

const STATES = ["ready", "warming", "cold", "unavailable"] as const;

export function decodeInfo(v: unknown): AssistInfo {
  const i = object(v),
    model = i.model ? object(i.model) : null;
  return {
    enabled: i.enabled !== false,
    assistant: i.assistant === "model" ? "model" : "classical",
    model: model && { name: text(model.name), family: text(model.family) },
    state: STATES.find((s) => s === i.state) ?? "unavailable",
    detail: text(i.detail),
  };
}
