import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import { keys } from "./keys";
import type { Graph, GraphReport, ProjectGraph, Published, PublishPlan } from "./types";

export interface PublishedWorkflow {
  graph: Graph;
  etag: string | null;
  version: number;
}

/** A project's workflow with the ETag that publishing a change is based on. */
export const workflowQuery = (project: string) =>
  queryOptions({
    queryKey: keys.projectWorkflow(project),
    queryFn: async ({ signal }): Promise<PublishedWorkflow> => {
      const { data, etag } = await api.send<ProjectGraph>("GET", `/projects/${project}/workflow/`, {
        signal,
      });
      return { graph: data.graph, etag, version: data.number };
    },
    staleTime: 60_000,
  });

export const validateGraph = (graph: unknown, signal?: AbortSignal): Promise<GraphReport> =>
  api.post<GraphReport>("/workflows/validate/", { graph }, { signal, idempotencyKey: null });

interface Publication {
  graph: Graph;
  mapping?: Record<string, string>;
}

export const planPublication = (project: string, body: Publication, etag: string): Promise<PublishPlan> =>
  api.put<PublishPlan>(`/projects/${project}/workflow/`, body, {
    query: { dry_run: true },
    ifMatch: etag,
    idempotencyKey: null,
  });

export const publish = (project: string, body: Publication, etag: string) =>
  api.send<Published>("PUT", `/projects/${project}/workflow/`, { body, ifMatch: etag });
