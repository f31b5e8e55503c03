import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { keys } from "./keys";
import type { Collaborator, Project, StageCounts, Task } from "./types";

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: keys.project(id),
    queryFn: ({ signal }) => api.get<Project>(`/projects/${id}/`, { signal }),
  });

export const useProject = (id: string) => useQuery(projectQuery(id));

/** Live counts per stage, asked for every ten seconds while the tab is visible. */
export const useStages = (id: string) =>
  useQuery({
    queryKey: keys.stages(id),
    queryFn: ({ signal }) => api.get<StageCounts>(`/projects/${id}/stages/`, { signal }),
    refetchInterval: 10_000,
  });

export const useCollaborators = (id: string, enabled = true) =>
  useQuery({
    queryKey: keys.collaborators(id),
    queryFn: ({ signal }) =>
      api.get<{ results: Collaborator[] }>(`/projects/${id}/collaborators/`, { query: { limit: 200 }, signal }),
    enabled,
  });

/** The next task of a stage for this person, or the very one that is named; null when there is none now. */
export async function claim(project: string, stage: string, task?: string): Promise<Task | null> {
  const reply = await api.send<Task | undefined>(
    "POST",
    `/projects/${project}/stages/${encodeURIComponent(stage)}/claim/`,
    {
      body: task ? { task } : {},
    },
  );
  return reply.status === 204 ? null : (reply.data ?? null);
}
