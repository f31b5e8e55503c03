import { useState } from "react";
import { api } from "../api/client";
import { useOpenJob } from "../api/inference";
import { jobId } from "../api/jobs";
import { keys } from "../api/keys";
import type { Job } from "../api/types";
import { useAction } from "./useAction";

/**
 * A kind of job of the project: starts one, and finds the one that is under way already.
 * `job` is what is to be shown: what was started here, else what somebody started before.
 */
export function useStart(project: string, path: string, kinds: readonly string[], fields?: readonly string[]) {
  const open = useOpenJob(project, kinds).data?.id ?? null;
  const [shown, setShown] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  // What was under way when the page was opened stays in sight after its end.
  if (open && open !== over && shown === null) setShown(open);
  const start = useAction(
    async (body: Record<string, unknown>) => {
      const { data, headers } = await api.send<Job>("POST", `/projects/${project}/${path}/`, { body });
      return data?.id ?? jobId(headers.get("Location"));
    },
    { ...(fields && { fields }), forget: [keys.projectJobs(project)], onDone: setShown },
  );
  return {
    start,
    job: shown,
    running: shown !== null && shown !== over,
    /** A long job hands the rest to a next one. */
    onEnd: (job: Job) => {
      setOver(job.id);
      const next = job.result?.continued_by;
      if (typeof next === "string") setShown(next);
    },
  };
}
