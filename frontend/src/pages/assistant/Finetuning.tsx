import { Paper, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { isOver, type useFinetunes } from "../../api/inference";
import { keys } from "../../api/keys";
import type { Assistant, ModelVersion, Project } from "../../api/types";
import { Empty, Failed } from "../../ui/states";
import { useStart } from "../../ui/useStart";
import { inOrder } from "./choices";
import { say } from "./messages";
import { RunHistory } from "./RunHistory";
import { RunView } from "./RunView";
import { StartForm } from "./StartForm";

const KINDS = ["inference.finetune"];
const FIELDS = ["base", "group", "classes"];

interface Props {
  project: Project;
  assistant: Assistant;
  models: readonly ModelVersion[];
  list: ReturnType<typeof useFinetunes>;
}

/** Teaching a model this project's objects: beginning, watching, judging, and what was tried before. */
export function Finetuning({ project, assistant, models, list }: Props) {
  const client = useQueryClient();
  const { start, job } = useStart(project.id, "finetune", KINDS, FIELDS);
  const [newest] = list.rows;
  // A run's id is its job's; one that was just started is not in the list that was read before.
  const shown = job ?? newest?.id;
  const known = list.rows.find(({ id }) => id === shown);
  const running = known ? !isOver(known) : job !== null;
  useEffect(() => {
    if (job) void client.invalidateQueries({ queryKey: keys.finetunes(project.id) });
  }, [client, job, project.id]);
  if (inOrder(models, project.id).length === 0)
    return <Empty icon="wand" title={say("finetuneNone")} hint={say("finetuneNoneHint")} />;
  return (
    <Stack gap="md">
      <Paper withBorder p="md">
        <Text size="xs" c="dimmed" mb="sm">
          {say("finetuneHint")}
        </Text>
        <StartForm project={project} models={models} answers={assistant.answers} start={start} running={running} />
      </Paper>
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {shown ? (
        <Paper withBorder p="md">
          <RunView key={shown} project={project.id} id={shown} assistant={assistant} />
        </Paper>
      ) : (
        !list.loading && (
          <Text size="sm" c="dimmed">
            {say("historyNone")}
          </Text>
        )
      )}
      <RunHistory project={project.id} except={shown} list={list} assistant={assistant} />
    </Stack>
  );
}
