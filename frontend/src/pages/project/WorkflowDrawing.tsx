import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { StageCounts } from "../../api/types";
import { workflowQuery } from "../../api/workflows";
import { Loading } from "../../ui/states";

const Graph = lazy(() => import("../../builder/Graph"));

/** The project's graph with live counts, for those who may read it; the table beneath says the same to all. */
export function WorkflowDrawing({
  project,
  counts,
  onStage,
}: {
  project: string;
  counts: StageCounts;
  onStage: (stage: string) => void;
}) {
  const { data, error } = useQuery(workflowQuery(project));
  if (error) return null;
  if (!data) return <Loading />;
  return (
    <Suspense fallback={<Loading />}>
      <Graph graph={data.graph} counts={counts} onStage={onStage} />
    </Suspense>
  );
}
