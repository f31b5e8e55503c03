import { Graph, layout } from "@dagrejs/dagre";
import type { Graph as WorkflowGraph } from "../api/types";

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 64;

export interface Placed {
  x: number;
  y: number;
}

/** Top left corners of the stages, by id, laid out by ranks; ways back are drawn against the stream. */
export function placeStages(graph: WorkflowGraph, direction: "LR" | "TB"): Map<string, Placed> {
  const laid = new Graph({ multigraph: true });
  laid.setGraph({ rankdir: direction, nodesep: 36, ranksep: direction === "LR" ? 84 : 64, marginx: 8, marginy: 8 });
  laid.setDefaultEdgeLabel(() => ({}));
  for (const stage of graph.stages) laid.setNode(stage.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const known = new Set(graph.stages.map(({ id }) => id));
  graph.pathways.forEach((pathway, index) => {
    if (known.has(pathway.from) && known.has(pathway.to)) laid.setEdge(pathway.from, pathway.to, {}, String(index));
  });
  layout(laid);
  return new Map(
    graph.stages.map(({ id }) => {
      const node = laid.node(id) as { x: number; y: number };
      return [id, { x: node.x - NODE_WIDTH / 2, y: node.y - NODE_HEIGHT / 2 }];
    }),
  );
}
