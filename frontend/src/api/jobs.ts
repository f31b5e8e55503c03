import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { keys } from "./keys";
import type { Job } from "./types";

export const isFinished = (job: Pick<Job, "state">): boolean =>
  job.state === "succeeded" || job.state === "failed" || job.state === "cancelled";

/**
 * Milliseconds until a job is asked for again, or `false` when it has ended.
 * Quick at first, since most jobs are short, then at ease.
 */
export function pollDelay(job: Pick<Job, "state"> | undefined, asked: number): number | false {
  if (job && isFinished(job)) return false;
  return Math.min(5_000, Math.round(500 * 1.3 ** Math.min(asked, 20)));
}

/** "/api/v1/jobs/<id>/" as `Location` gives it → the id. */
export function jobId(location: string | null): string | null {
  return location?.match(/\/jobs\/([^/]+)\/?$/)?.[1] ?? null;
}

export function useJob(id: string | null) {
  return useQuery({
    queryKey: keys.job(id ?? ""),
    queryFn: ({ signal }) => api.get<Job>(`/jobs/${id}/`, { signal }),
    enabled: id !== null,
    refetchInterval: (query) => pollDelay(query.state.data, query.state.dataUpdateCount),
  });
}
