import { Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import type { Assistant, Job } from "../../api/types";
import { percent } from "../../app/format";
import { JobProgress } from "../../ui/JobProgress";
import { useStart } from "../../ui/useStart";
import { JobReport } from "./JobReport";
import { say } from "./messages";

const KINDS = ["inference.embed"];

interface Result {
  created?: number;
  existing?: number;
  failed?: number;
  errors?: { detail: string }[];
}

function Report({ job }: { job: Job }) {
  const { created = 0, existing = 0, failed = 0, errors = [] } = (job.result ?? {}) as Result;
  return (
    <JobReport trouble={failed > 0 ? say("embedFailed", { count: failed }) : null} troubles={errors}>
      {say("embedded", { created, existing })}
    </JobReport>
  );
}

/** How much of the project a model has seen already, and seeing the rest. */
export function Embeddings({ project, assistant }: { project: string; assistant: Assistant }) {
  const client = useQueryClient();
  const { start, job, running, onEnd } = useStart(project, "embed", KINDS);
  const { coverage } = assistant;
  const ended = (done: Job) => {
    onEnd(done);
    void client.invalidateQueries({ queryKey: keys.assistant(project) });
  };
  if (!coverage)
    return (
      <Paper withBorder p="md">
        <Text size="sm">{say("embeddingsNone")}</Text>
      </Paper>
    );
  const { embedded, units } = coverage;
  const words = say(coverage.exact ? "covered" : "coveredFirst", { done: embedded, all: units });
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {say("embeddingsHint")}
        </Text>
        {running && job ? null : units === 0 ? (
          <Text size="sm">{say("noImages")}</Text>
        ) : (
          <>
            <Group gap="sm" wrap="nowrap">
              <Progress value={percent(embedded, units)} flex={1} size="lg" aria-label={words} />
              <Text size="xs" ff="monospace">
                {percent(embedded, units)} %
              </Text>
            </Group>
            <Group justify="space-between">
              <Text size="sm">{words}</Text>
              {(embedded < units || !coverage.exact) && (
                <Button variant="default" loading={start.busy} onClick={() => start.run({})}>
                  {say("embed")}
                </Button>
              )}
            </Group>
          </>
        )}
        {job && (
          <JobProgress key={job} id={job} title={say("embedding")} onEnded={ended}>
            {(done) => <Report job={done} />}
          </JobProgress>
        )}
      </Stack>
    </Paper>
  );
}
