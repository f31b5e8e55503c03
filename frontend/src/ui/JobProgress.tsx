import { Alert, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { isFinished, useJob } from "../api/jobs";
import { keys } from "../api/keys";
import type { Job } from "../api/types";
import { percent } from "../app/format";
import { t, tValue } from "../app/t";
import { Loaded } from "./states";
import { roughly, type Sample, secondsLeft } from "./timeLeft";
import { useAction } from "./useAction";

interface Props {
  id: string;
  title?: ReactNode;
  /** What the job's answer means, shown when it has ended well. */
  children?: (job: Job) => ReactNode;
  onSucceeded?: (job: Job) => void;
  /** However it ended: well, badly or cancelled. */
  onEnded?: (job: Job) => void;
}

function Running({ job }: { job: Job }) {
  const client = useQueryClient();
  const cancel = useAction(() => api.post<Job>(`/jobs/${job.id}/cancel/`, {}), {
    onDone: () => void client.invalidateQueries({ queryKey: keys.job(job.id) }),
  });
  return (
    <Group gap="sm" wrap="nowrap">
      <Progress
        value={percent(job.progress, 1)}
        flex={1}
        animated
        aria-label={job.detail || tValue("job", job.state)}
      />
      <Text size="xs" ff="monospace" w={38} ta="right">
        {percent(job.progress, 1)} %
      </Text>
      <Button variant="default" loading={cancel.busy} onClick={() => cancel.run(undefined)}>
        {t("common.cancel")}
      </Button>
    </Group>
  );
}

/** How long a running job still takes, in words; nothing while that cannot be said. */
function useTimeLeft(job: Job | undefined): string | null {
  const [first, setFirst] = useState<Sample | null>(null);
  const running = job?.state === "running";
  const progress = job?.progress ?? 0;
  useEffect(() => {
    // A job that goes on elsewhere, or starts again, has a new pace.
    setFirst((old) => (running ? (old && old.progress <= progress ? old : { at: Date.now(), progress }) : null));
  }, [running, progress]);
  const seconds = running ? secondsLeft(first, { at: Date.now(), progress }) : null;
  return seconds === null ? null : t("common.timeLeft", { time: roughly(seconds) });
}

/** A job from start to end: progress, a way to cancel it, its error or its answer. */
export function JobProgress({ id, title, children, onSucceeded, onEnded }: Props) {
  const query = useJob(id);
  const told = useRef(false);
  const job = query.data;
  const left = useTimeLeft(job);
  useEffect(() => {
    if (!job || !isFinished(job) || told.current) return;
    told.current = true;
    onEnded?.(job);
    if (job.state === "succeeded") onSucceeded?.(job);
  }, [job, onSucceeded, onEnded]);
  return (
    <Paper withBorder p="sm" aria-live="polite">
      <Loaded query={query}>
        {(loaded) => (
          <Stack gap={6}>
            <Group justify="space-between">
              <Text size="sm" fw={600} component="div">
                {title ?? tValue("jobKind", loaded.kind)}
              </Text>
              <Text size="xs" c="dimmed">
                {tValue("job", loaded.state)}
                {loaded.detail && !isFinished(loaded) ? ` · ${loaded.detail}` : ""}
                {left && ` · ${left}`}
              </Text>
            </Group>
            {!isFinished(loaded) && <Running job={loaded} />}
            {loaded.state === "failed" && (
              <Alert color="red">{loaded.error?.detail ?? loaded.error?.title ?? t("error.unknown")}</Alert>
            )}
            {loaded.state === "succeeded" && children?.(loaded)}
          </Stack>
        )}
      </Loaded>
    </Paper>
  );
}
