import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Background, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo } from "react";
import type { StageCounts, Graph as WorkflowGraph } from "../api/types";
import { t } from "../app/t";
import classes from "./Graph.module.css";
import { type Drawing, layOut, NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { PathwayEdge, type PathwayEdgeType } from "./PathwayEdge";
import { StageNode, type StageNodeType } from "./StageNode";

interface Props {
  graph: WorkflowGraph;
  counts?: StageCounts;
  faulty?: ReadonlySet<string>;
  height?: number;
  onStage?: (stage: string) => void;
}

const nodeTypes = { stage: StageNode };
const edgeTypes = { pathway: PathwayEdge };
const NARROW = 620;

function toNodes({ graph, counts, faulty }: Props, drawing: Drawing, vertical: boolean): StageNodeType[] {
  const rested: Record<string, number | undefined> = { complete: counts?.complete, archive: counts?.archived };
  return graph.stages.map((stage) => ({
    id: stage.id,
    type: "stage",
    position: drawing.stages.get(stage.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    ariaLabel: stage.title,
    data: {
      type: stage.type,
      title: stage.title || stage.id,
      vertical,
      faulty: faulty?.has(stage.id) ?? false,
      count: stage.type in rested ? undefined : counts?.stages.find(({ id }) => id === stage.id),
      rested: rested[stage.type],
    },
  }));
}

const toEdges = (drawing: Drawing): PathwayEdgeType[] =>
  drawing.pathways.map((data, index) => ({
    id: `${index}`,
    source: data.pathway.from,
    target: data.pathway.to,
    type: "pathway",
    data: { ...data },
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
  }));

function Drawn(props: Props & { vertical: boolean; width: number }) {
  const { graph, vertical, onStage, width } = props;
  const scheme = useComputedColorScheme();
  const { fitView } = useReactFlow();
  const drawing = useMemo(() => layOut(graph, vertical ? "TB" : "LR"), [graph, vertical]);
  const nodes = useMemo(() => toNodes(props, drawing, vertical), [props, drawing, vertical]);
  const edges = useMemo(() => toEdges(drawing), [drawing]);
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
      edgeTypes={edgeTypes}
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
