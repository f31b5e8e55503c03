import { Graph, layout } from "@dagrejs/dagre";
import type { GraphPathway, Graph as WorkflowGraph } from "../api/types";

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 64;

export interface Point {
  x: number;
  y: number;
}

export interface PlacedPathway {
  pathway: GraphPathway;
  /** From the border of one stage to that of the next, around what stands between. */
  points: Point[];
  /** The middle of the outcome's word. */
  label: Point;
}

export interface Drawing {
  /** Top left corners of the stages, by id. */
  stages: Map<string, Point>;
  pathways: PlacedPathway[];
}

type LaidEdge = { points?: Point[]; x?: number; y?: number };

/** Lays a workflow out by ranks. A pathway to a stage that is not there is left out. */
export function layOut(graph: WorkflowGraph, direction: "LR" | "TB"): Drawing {
  const laid = new Graph({ multigraph: true });
  laid.setGraph({ rankdir: direction, nodesep: 40, edgesep: 24, ranksep: 44, marginx: 8, marginy: 8 });
  for (const stage of graph.stages) laid.setNode(stage.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const known = new Set(graph.stages.map(({ id }) => id));
  const drawn = graph.pathways.filter(({ from, to }) => known.has(from) && known.has(to));
  drawn.forEach((pathway, index) => {
    const label = { width: pathway.outcome.length * 6 + 12, height: 16, labelpos: "c" };
    laid.setEdge(pathway.from, pathway.to, label, String(index));
  });
  layout(laid);
  const stages = new Map<string, Point>();
  for (const { id } of graph.stages) {
    const node = laid.node(id) as Point;
    stages.set(id, { x: node.x - NODE_WIDTH / 2, y: node.y - NODE_HEIGHT / 2 });
  }
  const pathways = drawn.map((pathway, index): PlacedPathway => {
    const edge = laid.edge(pathway.from, pathway.to, String(index)) as LaidEdge;
    return { pathway, points: edge.points ?? [], label: { x: edge.x ?? 0, y: edge.y ?? 0 } };
  });
  return { stages, pathways };
}

/** A line through the points as an SVG path, its corners rounded off halfway to the next point. */
export function smoothPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return "";
  const corners = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `M${first.x},${first.y} ${corners.length > 0 ? corners.join(" ") : `L${last.x},${last.y}`}`;
}
