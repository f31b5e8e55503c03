import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "./client";
import { isFinished } from "./jobs";
import { keys } from "./keys";
import { useKeyset } from "./keyset";
import type { Assistant, Finetune, FinetuneRow, Job, ModelVersion, PredictionModel } from "./types";

/** All models that the caller may use: the instance's, and the projects' own. An instance has a handful. */
export const useModels = () =>
  useQuery({
    queryKey: keys.models,
    queryFn: async ({ signal }) =>
      (await api.get<Page<ModelVersion>>("/models/", { query: { limit: 200 }, signal })).results,
  });

/** What answers the clicks of a project, and how much of it is encoded. */
export const useAssistant = (project: string) =>
  useQuery({
    queryKey: keys.assistant(project),
    queryFn: ({ signal }) => api.get<Assistant>(`/projects/${project}/assistant/`, { signal }),
  });

/** Whose predictions a project holds. */
export const usePredictionModels = (project: string) =>
  useQuery({
    queryKey: keys.predictionModels(project),
    queryFn: async ({ signal }) =>
      (
        await api.get<Page<PredictionModel>>(`/projects/${project}/prediction-models/`, {
          query: { limit: 50 },
          signal,
        })
      ).results,
  });

/** A project's tunings, the latest first. */
export const useFinetunes = (project: string) =>
  useKeyset<FinetuneRow>(keys.finetunes(project), `/projects/${project}/finetunes/`, { limit: 25 });

/** Whether a tuning has come to its end, in whatever way. */
export const isOver = ({ state: { state } }: Pick<FinetuneRow, "state">): boolean =>
  state === "done" || state === "failed" || state === "cancelled";

/** One tuning, asked for again every two seconds until it is over, or its job is. */
export const useFinetune = (id: string, live: boolean) =>
  useQuery({
    queryKey: keys.finetune(id),
    queryFn: ({ signal }) => api.get<Finetune>(`/finetunes/${id}/`, { signal }),
    refetchInterval: ({ state: { data } }) => (live && data && !isOver(data) ? 2_000 : false),
  });

/** The latest job of these kinds in the project that has not ended; null when there is none. */
export const useOpenJob = (project: string, kinds: readonly string[]) =>
  useQuery({
    queryKey: [...keys.projectJobs(project), "open"],
    queryFn: async ({ signal }) =>
      (await api.get<Page<Job>>("/jobs/", { query: { project, limit: 50 }, signal })).results.filter(
        (job) => !isFinished(job),
      ),
    select: (jobs) => jobs.find(({ kind }) => kinds.includes(kind)) ?? null,
  });
