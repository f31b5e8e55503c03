/** Seeded scenes: the same shapes as the measured prototype, and a small one with every kind of label. */
import { encodeCounts, runsOfBits } from "../core/rle";
import type { Label, Ontology, Pt } from "../core/types";

export const WIDTH = 4000;
export const HEIGHT = 3000;
const COLORS = ["#e8590c", "#1971c2", "#2f9e44", "#9c36b5", "#e03131", "#0c8599"];

export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = s;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

/** Radii shrink with the count, so that the covered area is about the same (0.6 of the image) at every N. */
export function polygons(n: number, vertices = 40, seed = 7): Label[] {
  const r = random(seed),
    radius = Math.sqrt((0.6 * WIDTH * HEIGHT) / (Math.PI * n));
  return Array.from({ length: n }, (_, id): Label => {
    const R = radius * (0.6 + 0.8 * r()),
      cx = R + r() * (WIDTH - 2 * R),
      cy = R + r() * (HEIGHT - 2 * R);
    const ring = Array.from({ length: vertices }, (_, k): Pt => {
      const a = (k / vertices) * 2 * Math.PI,
        q = R * (0.8 + 0.2 * r());
      return [cx + q * Math.cos(a), cy + q * Math.sin(a)];
    });
    return {
      id: idOf(id),
      class: `c${id % COLORS.length}`,
      shape: "polygon",
      geometry: { polygons: [[ring]] },
      attributes: {},
    };
  });
}

export const benchOntology: Ontology = {
  objects: COLORS.map((color, i) => ({
    id: `c${i}`,
    name: `Class ${i + 1}`,
    shape: "polygon",
    color,
    attributes: [],
    template: null,
    archived: false,
  })),
  classifications: [],
};

export async function photograph(width = WIDTH, height = HEIGHT, seed = 3): Promise<Blob> {
  const c = new OffscreenCanvas(width, height),
    g = c.getContext("2d"),
    r = random(seed);
  if (!g) throw new Error("no canvas");
  g.fillStyle = "#888";
  g.fillRect(0, 0, width, height);
  for (let i = 0; i < (3000 * width * height) / (WIDTH * HEIGHT); i++) {
    g.fillStyle = `hsl(${r() * 360} 30% ${30 + r() * 40}%)`;
    g.beginPath();
    g.arc(r() * width, r() * height, 10 + r() * 60, 0, 7);
    g.fill();
  }
  return c.convertToBlob({ type: "image/jpeg", quality: 0.85 });
}

const plain = { archived: false, template: null, attributes: [] } as const;
const option = (value: string, attributes: Ontology["classifications"] = []) => ({
  id: `o-${value}`,
  value,
  attributes,
  archived: false,
});
const ask = (
  name: string,
  type: Ontology["classifications"][number]["type"],
  required = false,
  options: ReturnType<typeof option>[] = [],
) => ({ id: `a-${name}`, name, type, required, options, archived: false });

export const smallOntology: Ontology = {
  objects: [
    {
      ...plain,
      id: "RBC",
      name: "RBC",
      shape: "bounding_box",
      color: "#ff8787",
      attributes: [
        ask("overlap", "radio", true, [option("none"), option("partial", [ask("with", "text", true)])]),
        ask("flags", "checklist", false, [option("cut"), option("blurred")]),
        ask("count", "number"),
        ask("certain", "boolean"),
      ],
    },
    { ...plain, id: "nucleus", name: "Nucleus", shape: "polygon", color: "#4dabf7" },
    { ...plain, id: "centre", name: "Centre", shape: "keypoint", color: "#ffd43b" },
    { ...plain, id: "slide", name: "Slide", shape: "rotatable_bounding_box", color: "#b197fc" },
    { ...plain, id: "vessel", name: "Vessel", shape: "polyline", color: "#69db7c" },
    {
      ...plain,
      id: "hand",
      name: "Hand",
      shape: "skeleton",
      color: "#ffa94d",
      template: {
        points: ["wrist", "thumb", "index"],
        edges: [
          [0, 1],
          [0, 2],
        ],
      },
    },
    { ...plain, id: "stain", name: "Stain", shape: "bitmask", color: "#f783ac" },
  ],
  classifications: [ask("focus", "radio", true, [option("sharp"), option("blurred")])],
};

function disc(cx: number, cy: number, r: number, width: number, height: number): string {
  const box = { minX: cx - r, minY: cy - r, maxX: cx + r, maxY: cy + r },
    side = 2 * r,
    bits = new Uint8Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if ((x - r) ** 2 + (y - r) ** 2 < r * r) bits[y * side + x] = 1;
  return encodeCounts(runsOfBits(bits, box, width, height));
}

export function smallLabels(width: number, height: number): Label[] {
  const a = (n: number) => idOf(1000 + n);
  return [
    {
      id: a(1),
      class: "RBC",
      shape: "bounding_box",
      geometry: { x: 80, y: 60, width: 140, height: 110 },
      attributes: { overlap: "none" },
    },
    {
      id: a(2),
      class: "RBC",
      shape: "bounding_box",
      geometry: { x: 420, y: 240, width: 90, height: 90 },
      attributes: { overlap: { value: "partial", attributes: { with: "platelet" } } },
    },
    {
      id: a(3),
      class: "nucleus",
      shape: "polygon",
      geometry: {
        polygons: [
          [
            [
              [260, 80],
              [380, 90],
              [400, 190],
              [270, 200],
            ],
            [
              [300, 120],
              [350, 120],
              [350, 160],
              [300, 160],
            ],
          ],
          [
            [
              [410, 60],
              [460, 60],
              [440, 110],
            ],
          ],
        ],
      },
      attributes: {},
    },
    { id: a(4), class: "centre", shape: "keypoint", geometry: { x: 150, y: 115 }, attributes: {} },
    {
      id: a(5),
      class: "slide",
      shape: "rotatable_bounding_box",
      geometry: { cx: 620, cy: 130, width: 160, height: 70, angle: 25 },
      attributes: {},
    },
    {
      id: a(6),
      class: "vessel",
      shape: "polyline",
      geometry: {
        points: [
          [60, 300],
          [140, 340],
          [220, 310],
          [330, 380],
        ],
      },
      attributes: {},
    },
    {
      id: a(7),
      class: "hand",
      shape: "skeleton",
      geometry: {
        points: [
          { name: "wrist", x: 600, y: 400, visibility: 2 },
          { name: "thumb", x: 560, y: 330, visibility: 2 },
          { name: "index", x: 640, y: 320, visibility: 1 },
        ],
      },
      attributes: {},
    },
    {
      id: a(8),
      class: "stain",
      shape: "bitmask",
      geometry: { size: [height, width], counts: disc(350, 450, 50, width, height) },
      attributes: {},
    },
  ];
}
