import { Button, Group, List, Modal, NativeSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { keys } from "../../api/keys";
import { qualityKey } from "../../api/quality";
import { itemFailed, sendTasks } from "../../api/tasks";
import type { BulkItem } from "../../api/types";
import { t } from "../../app/t";
import { TextLink } from "../../ui/links";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";
import { useStages } from "./useStages";

const SHOWN = 20;

function Done({ project, items }: { project: string; items: BulkItem[] }) {
  const refused = items.filter(itemFailed);
  return (
    <Stack gap={4} aria-live="polite">
      <Text fw={600}>{say("sent", { count: items.length - refused.length })}</Text>
      {refused.length > 0 && <Text size="sm">{say("refused", { count: refused.length })}</Text>}
      <List size="xs">
        {refused.slice(0, SHOWN).map(({ id, error }) => (
          <List.Item key={id}>
            <TextLink size="xs" to="/projects/$project/tasks/$task" params={{ project, task: id }}>
              {id.slice(-6)}
            </TextLink>{" "}
            {error?.detail}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

interface Props {
  project: string;
  tasks: string[];
  onClose: () => void;
  onSent: () => void;
}

/** Sends the selected tasks to a stage, and says of each that stayed why. */
export function SendDialog({ project, tasks: chosen, onClose, onSent }: Props) {
  // What is selected may go from the list behind, once it was sent.
  const [tasks] = useState(chosen);
  const stages = useStages(project);
  const [picked, setPicked] = useState("");
  const stage = picked || stages[0]?.value || "";
  const send = useAction(() => sendTasks(project, tasks, stage), {
    fields: [],
    forget: [qualityKey(project), keys.stages(project), keys.tasks(project)],
    onDone: onSent,
  });
  return (
    <Modal opened onClose={onClose} title={say("sendingSelected")}>
      {send.data ? (
        <Stack>
          <Done project={project} items={send.data} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.close")}</Button>
          </Group>
        </Stack>
      ) : (
        <Stack gap="sm">
          <FormErrors errors={send.errors} />
          {stages.length === 0 ? (
            <Text size="sm">{say("noStages")}</Text>
          ) : (
            <NativeSelect
              label={say("toStage")}
              description={say("sendHint")}
              data={stages}
              value={stage}
              onChange={(event) => setPicked(event.currentTarget.value)}
              data-autofocus
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button loading={send.busy} disabled={!stage} onClick={() => send.run(undefined)}>
              {say("sendSelected", { count: tasks.length })}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
