import { Alert, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { api } from "../api/client";
import { isFinished, useJob } from "../api/jobs";
import { keys } from "../api/keys";
import type { Job } from "../api/types";
import { percent } from "../app/format";
import { t, tValue } from "../app/t";
import { Loaded } from "./states";
import { useAction } from "./useAction";

interface Props {
  id: string;
  title?: ReactNode;
  /** What the job's answer means, shown when it has ended well. */
  children?: (job: Job) => ReactNode;
  onSucceeded?: (job: Job) => void;
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

/** A job from start to end: progress, a way to cancel it, its error or its answer. */
export function JobProgress({ id, title, children, onSucceeded }: Props) {
  const query = useJob(id);
  const told = useRef(false);
  const job = query.data;
  useEffect(() => {
    if (job?.state !== "succeeded" || told.current) return;
    told.current = true;
    onSucceeded?.(job);
  }, [job, onSucceeded]);
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
