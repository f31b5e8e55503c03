import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Background, type Edge, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo } from "react";
import type { GraphPathway, StageCounts, Graph as WorkflowGraph } from "../api/types";
import { t } from "../app/t";
import classes from "./Graph.module.css";
import { NODE_HEIGHT, NODE_WIDTH, placeStages } from "./layout";
import { StageNode, type StageNodeType } from "./StageNode";

interface Props {
  graph: WorkflowGraph;
  counts?: StageCounts;
  faulty?: ReadonlySet<string>;
  height?: number;
  onStage?: (stage: string) => void;
}

const nodeTypes = { stage: StageNode };
const NARROW = 620;

function toNodes({ graph, counts, faulty }: Props, vertical: boolean): StageNodeType[] {
  const places = placeStages(graph, vertical ? "TB" : "LR");
  const rested: Record<string, number | undefined> = { complete: counts?.complete, archive: counts?.archived };
  return graph.stages.map((stage) => ({
    id: stage.id,
    type: "stage",
    position: places.get(stage.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    ariaLabel: stage.title,
    data: {
      type: stage.type,
      title: stage.title || stage.id,
      vertical,
      faulty: faulty?.has(stage.id) ?? false,
      count:
        stage.type === "complete" || stage.type === "archive"
          ? undefined
          : counts?.stages.find(({ id }) => id === stage.id),
      rested: rested[stage.type],
    },
  }));
}

const BACK = new Set(["rejected", "disagreed", "returned"]);

function toEdges(pathways: readonly GraphPathway[], known: ReadonlySet<string>): Edge[] {
  return pathways
    .filter(({ from, to }) => known.has(from) && known.has(to))
    .map(({ from, to, outcome }, index) => ({
      id: `${index}`,
      source: from,
      target: to,
      label: outcome,
      type: "smoothstep",
      className: BACK.has(outcome) ? classes.back : undefined,
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    }));
}

function Drawn(props: Props & { vertical: boolean; width: number }) {
  const { graph, vertical, onStage, width } = props;
  const scheme = useComputedColorScheme();
  const { fitView } = useReactFlow();
  const nodes = useMemo(() => toNodes(props, vertical), [props, vertical]);
  const edges = useMemo(() => toEdges(graph.pathways, new Set(graph.stages.map(({ id }) => id))), [graph]);
  const shape = `${graph.stages.map(({ id }) => id).join()} ${vertical} ${width}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: fitted again when the drawing's shape changes, not its counts.
  useEffect(() => {
    const frame = requestAnimationFrame(() => void fitView({ padding: 0.06, maxZoom: 1 }));
    return () => cancelAnimationFrame(frame);
  }, [shape, fitView]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      colorMode={scheme}
      fitView
      fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
      minZoom={0.2}
      nodesDraggable={false}
      nodesConnectable={false}
      elementsSelectable={onStage !== undefined}
      edgesFocusable={false}
      nodesFocusable={onStage !== undefined}
      zoomOnScroll={false}
      preventScrolling={false}
      onNodeClick={(_event, node) => onStage?.(node.id)}
      aria-label={t("graph.label")}
    >
      <Background gap={18} />
    </ReactFlow>
  );
}

/** A workflow drawn, read only: stages by rank, outcomes on the arrows, live counts in the nodes. */
export default function Graph(props: Props) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={classes.frame} style={{ height: props.height ?? 340 }}>
      {width > 0 && (
        <ReactFlowProvider>
          <Drawn {...props} width={width} vertical={width < NARROW} />
        </ReactFlowProvider>
      )}
    </div>
  );
}
