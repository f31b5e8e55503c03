import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { StageCounts } from "../../api/types";

export interface JudgingStage {
  value: string;
  label: string;
  type: "expert_review" | "review";
}

/** The review and expert stages of a project: where doubtful tasks can be sent, experts first. */
export function useStages(project: string): JudgingStage[] {
  const query = useQuery({
    queryKey: keys.stages(project),
    queryFn: ({ signal }) => api.get<StageCounts>(`/projects/${project}/stages/`, { signal }),
    staleTime: 60_000,
  });
  const stages = query.data?.stages ?? [];
  return (["expert_review", "review"] as const).flatMap((type) =>
    stages.filter((stage) => stage.type === type).map(({ id, title }) => ({ value: id, label: title || id, type })),
  );
}
