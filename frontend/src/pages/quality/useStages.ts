import { useQuery } from "@tanstack/react-query";
import { workflowQuery } from "../../api/workflows";

/** The review and expert stages of a project: where doubtful tasks can be sent, experts first. */
export function useStages(project: string): { value: string; label: string }[] {
  const stages = useQuery(workflowQuery(project)).data?.graph.stages ?? [];
  return ["expert_review", "review"].flatMap((type) =>
    stages.filter((stage) => stage.type === type).map(({ id, title }) => ({ value: id, label: title || id })),
  );
}
