import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api, isProblem } from "../../api/client";
import type { Job } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { LinkButton } from "../../ui/links";
import { Empty, Failed } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { Instruments } from "../quality/Instruments";
import { say } from "./messages";

interface Props {
  error: unknown;
  project: string;
  manager: boolean;
  retry: () => void;
  /** Takes the last screen back; there is none without it. */
  undo: (() => void) | undefined;
}

/** Why there is nothing to judge, and what to do about it. */
export default function NothingHere({ error, project, manager, retry, undo }: Props) {
  const [job, setJob] = useState<string | null>(null);
  const score = useAction(() => api.post<Job>(`/projects/${project}/quality/score/`, {}), {
    onDone: ({ id }) => setJob(id),
  });
  if (job) return <JobProgress id={job} title={say("scoring")} onSucceeded={retry} />;
  if (!isProblem(error, 409)) return <Failed error={error} retry={retry} />;
  const params = { project };
  const predictions = error.extra.predictions === true;
  if (error.code !== "not_scored")
    return (
      <Stack gap="lg" style={{ overflowY: "auto" }}>
        <Empty
          icon="circle-check"
          title={say("nothingLeft")}
          hint={say("nothingLeftHint")}
          action={
            undo && (
              <Button variant="default" onClick={undo} leftSection={<Icon name="arrow-back-up" size={14} />}>
                {say("undo")}
              </Button>
            )
          }
        />
        {manager && <Instruments project={project} />}
      </Stack>
    );
  return (
    <Empty
      icon="layout-grid"
      title={say("notScored")}
      hint={
        <Stack gap={4}>
          <Text size="sm">{say("notScoredHint")}</Text>
          <Text size="sm">{manager ? !predictions && say("noPredictions") : say("askManager")}</Text>
        </Stack>
      }
      action={
        manager && (
          <>
            <Button loading={score.busy} onClick={() => score.run(undefined)}>
              {say("score")}
            </Button>
            {!predictions && (
              <>
                <LinkButton variant="default" to="/projects/$project/transfer" params={params}>
                  {say("bringPredictions")}
                </LinkButton>
                <LinkButton variant="default" to="/projects/$project/assistant" params={params}>
                  {say("predictors")}
                </LinkButton>
              </>
            )}
          </>
        )
      }
    />
  );
}
