import { Alert, Button, Group, List, Modal, NativeSelect, NumberInput, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useCollaborators, useStages } from "../../api/projects";
import { type BulkAction, type BulkRequest, bulk, itemFailed } from "../../api/tasks";
import type { BulkAnswer, BulkItem, Job, Task } from "../../api/types";
import { notify } from "../../app/notify";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";

interface Props {
  project: string;
  action: BulkAction;
  tasks: string[];
  rows: readonly Task[];
  onClose: () => void;
  onDone: () => void;
}

const isJob = (answer: BulkAnswer | Job): answer is Job => "state" in answer;

function Refused({ items, rows, message }: { items: BulkItem[]; rows: readonly Task[]; message: string }) {
  if (items.length === 0) return null;
  const names = new Map(rows.map((task) => [task.id, task.data_unit.name]));
  return (
    <>
      <Text size="sm">{message}</Text>
      <List size="xs">
        {items.slice(0, 20).map((item) => (
          <List.Item key={item.id}>
            {names.get(item.id) ?? item.id}: {item.error?.detail ?? item.error?.title ?? String(item.status)}
          </List.Item>
        ))}
      </List>
    </>
  );
}

/** Asks for what an action needs, shows what it would do, and then what it did, item by item. */
export function BulkDialog({ project, action, tasks, rows, onClose, onDone }: Props) {
  const stages = (useStages(project).data?.stages ?? []).filter(({ type }) => type !== "router");
  const people = useCollaborators(project, action === "assign").data?.results ?? [];
  const [user, setUser] = useState("");
  const [stage, setStage] = useState("");
  const [priority, setPriority] = useState<number | string>(50);
  const request = (dry_run: boolean): BulkRequest => ({
    action,
    tasks,
    ...(dry_run && { dry_run }),
    ...(action === "assign" && { user: user || people[0]?.person }),
    ...(action === "priority" && { priority: Number(priority) }),
    ...((action === "move" || action === "reopen") && { stage: stage || stages[0]?.id }),
  });
  const check = useAction(() => bulk(project, request(true)), { fields: [] });
  const act = useAction(() => bulk(project, request(false)), {
    fields: [],
    forget: [keys.tasks(project), keys.stages(project), keys.myTasks],
    onDone: (answer) => {
      if (isJob(answer) || answer.results.some(itemFailed)) return;
      notify({ message: t("bulk.done", { count: answer.results.length }) });
      onDone();
      onClose();
    },
  });
  const checked = check.data && !isJob(check.data) ? check.data.results : null;
  const done = act.data && !isJob(act.data) ? act.data.results : null;
  const failed = (items: BulkItem[] | null) => (items ?? []).filter(itemFailed);
  const close = () => {
    if (done) onDone();
    onClose();
  };
  return (
    <Modal opened onClose={close} title={t(`bulk.${action}`)}>
      <Stack gap="sm">
        <FormErrors errors={[...check.errors, ...act.errors]} />
        {action === "assign" && (
          <NativeSelect
            label={t("bulk.who")}
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
            data={people.map(({ person, name, email }) => ({ value: person, label: name || email }))}
          />
        )}
        {(action === "move" || action === "reopen") && (
          <NativeSelect
            label={t("bulk.stage")}
            value={stage}
            onChange={(event) => setStage(event.currentTarget.value)}
            data={stages.map(({ id, title }) => ({ value: id, label: title }))}
          />
        )}
        {action === "priority" && (
          <NumberInput
            label={t("bulk.value")}
            min={0}
            max={100}
            value={priority}
            onChange={setPriority}
            data-autofocus
          />
        )}
        {act.data && isJob(act.data) && <JobProgress id={act.data.id} />}
        {checked && !done && (
          <Alert color="gray">
            <Text size="sm">{t("bulk.would", { count: checked.length - failed(checked).length })}</Text>
            <Refused
              items={failed(checked)}
              rows={rows}
              message={t("bulk.wouldNot", { count: failed(checked).length })}
            />
          </Alert>
        )}
        {done && (
          <Alert color="yellow">
            <Text size="sm">{t("bulk.done", { count: done.length - failed(done).length })}</Text>
            <Refused items={failed(done)} rows={rows} message={t("bulk.notDone", { count: failed(done).length })} />
          </Alert>
        )}
        <Group justify="flex-end">
          {act.data ? (
            <Button onClick={close}>{t("common.close")}</Button>
          ) : (
            <>
              <Button variant="default" loading={check.busy} onClick={() => check.run(undefined)}>
                {t("bulk.check")}
              </Button>
              <Button loading={act.busy} onClick={() => act.run(undefined)}>
                {t("bulk.run", { count: tasks.length })}
              </Button>
            </>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
