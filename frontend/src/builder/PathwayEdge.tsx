import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import classes from "./Graph.module.css";
import { type PlacedPathway, smoothPath } from "./layout";

export type PathwayEdgeType = Edge<PlacedPathway & Record<string, unknown>, "pathway">;

const BACK = new Set(["rejected", "disagreed", "returned"]);

/** An outcome's arrow, along the way that the layout found, with its word beside no stage. */
export function PathwayEdge({ data, markerEnd }: EdgeProps<PathwayEdgeType>) {
  if (!data) return null;
  const { pathway, points, label } = data;
  const back = BACK.has(pathway.outcome);
  return (
    <>
      <BaseEdge path={smoothPath(points)} markerEnd={markerEnd} className={back ? classes.back : classes.forth} />
      <EdgeLabelRenderer>
        <div
          className={classes.outcome}
          style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
        >
          {pathway.outcome}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
