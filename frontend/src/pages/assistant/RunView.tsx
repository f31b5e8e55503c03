import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import { isOver, useFinetune } from "../../api/inference";
import { keys } from "../../api/keys";
import type { Assistant, Finetune } from "../../api/types";
import { Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { ClassTable } from "./ClassTable";
import { Curve } from "./Curve";
import { Examples } from "./Examples";
import { Gains } from "./Gains";
import { say } from "./messages";

interface Props {
  project: string;
  id: string;
  assistant: Assistant;
}

/** Makes the version that came of a run the one that answers. */
function UseVersion({ project, model, assistant }: { project: string; model: string; assistant: Assistant }) {
  const use = useAction(() => api.put<Assistant>(`/projects/${project}/assistant/`, { model, enabled: true }), {
    forget: [keys.assistant(project)],
    done: say("used"),
  });
  if (assistant.answers?.id === model && assistant.enabled)
    return (
      <Text size="sm" c="dimmed">
        {say("inUse")}
      </Text>
    );
  return (
    <Button loading={use.busy} onClick={() => use.run(undefined)}>
      {say("use")}
    </Button>
  );
}

/** How a run ended, and what one can do with it. */
function Verdict({ project, run, assistant }: { project: string; run: Finetune; assistant: Assistant }) {
  const { state, accepted, reason, detail } = run.state;
  if (state === "failed")
    return (
      <Alert color="red" title={say("failed")} icon={<Icon name="alert-triangle" />}>
        {reason || detail}
      </Alert>
    );
  if (state === "cancelled") return <Text size="sm">{say("cancelled")}</Text>;
  if (state !== "done") return null;
  return (
    <Alert
      color={accepted ? "green" : "yellow"}
      title={say(accepted ? "accepted" : "refused")}
      icon={<Icon name={accepted ? "circle-check" : "alert-circle"} />}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {reason} {say(accepted ? "acceptedHint" : "refusedHint")}
        </Text>
        {run.model && <UseVersion project={project} model={run.model} assistant={assistant} />}
      </Stack>
    </Alert>
  );
}

function Head({ run }: { run: Finetune }) {
  const { trained_on: trained, held_out: held } = run.state;
  return (
    <Group gap={6}>
      <Text size="sm" fw={600}>
        {say("runOf", { base: run.base_name })}
      </Text>
      <Text size="xs" c="dimmed">
        <Time at={run.created_at} />
        {trained > 0 && ` · ${say("trainedOn", { trained, held })}`}
      </Text>
    </Group>
  );
}

/** One tuning, from its first step to what came of it. */
export function RunView({ project, id, assistant }: Props) {
  const client = useQueryClient();
  const [live, setLive] = useState(true);
  const query = useFinetune(id, live);
  const over = query.data !== undefined && isOver(query.data);
  const begun = useRef(false);
  useEffect(() => {
    if (query.data && !over) begun.current = true;
    if (!over || !begun.current) return;
    // It ended under our eyes: the list tells of it, and there may be a new version.
    begun.current = false;
    for (const queryKey of [keys.finetunes(project), keys.models]) void client.invalidateQueries({ queryKey });
  }, [client, project, query.data, over]);
  // A job can end without a last word of its training: the server says then how.
  const jobEnded = () => {
    setLive(false);
    void client.invalidateQueries({ queryKey: keys.finetune(id) });
  };
  return (
    <Loaded query={query}>
      {(run) => {
        const { curve, classes, examples, click_gain, box_gain } = run.state;
        return (
          <Stack gap="md">
            <Head run={run} />
            {!over && <JobProgress id={id} title={say(`state.${run.state.state}`)} onEnded={jobEnded} />}
            {over && <Verdict project={project} run={run} assistant={assistant} />}
            <Gains click={click_gain} box={box_gain} />
            {(curve.length > 0 || !over) && <Curve curve={curve} />}
            <ClassTable classes={classes} />
            <Examples examples={examples} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
