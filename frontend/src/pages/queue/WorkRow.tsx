import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { recall, rejectedLabels, type Standing } from "../../api/tasks";
import type { MyTask } from "../../api/types";
import { t, tValue } from "../../app/t";
import { StatusBadge, Time } from "../../ui/bits";
import { LinkButton } from "../../ui/links";
import { UnitCell } from "../../ui/UnitCell";
import { useAction } from "../../ui/useAction";
import { useClaim } from "./useClaim";

function RecallButton({ task }: { task: MyTask }) {
  const navigate = useNavigate();
  const { run, busy } = useAction(() => recall(task.id), {
    forget: [keys.myTasks, keys.stages(task.project)],
    done: t("queue.recalled"),
    onDone: () =>
      void navigate({ to: "/projects/$project/tasks/$task", params: { project: task.project, task: task.id } }),
  });
  return (
    <Button variant="default" loading={busy} onClick={() => run(undefined)}>
      {t("queue.recall")}
    </Button>
  );
}

/** Claims at the task's stage: what is set aside for a person comes first. */
function TakeButton({ task }: { task: MyTask }) {
  const { run, busy } = useClaim(task.project);
  return (
    <Button loading={busy} onClick={() => run({ stage: task.stage, title: task.stage_title, wanted: task.id })}>
      {t("queue.take")}
    </Button>
  );
}

/** One of my tasks, with the one thing to do with it. */
export function WorkRow({ task, is }: { task: MyTask; is: Standing }) {
  const rejected = rejectedLabels(task);
  const params = { project: task.project, task: task.id };
  return (
    <Table.Tr>
      <Table.Td>
        <UnitCell
          unit={task.data_unit}
          hint={
            <>
              <Text span inherit hiddenFrom="sm">
                {task.stage_title} ·{" "}
              </Text>
              {task.project_name}
            </>
          }
        />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm">{task.stage_title}</Text>
        {task.round > 1 && (
          <Text size="xs" c="dimmed">
            {t("queue.round", { round: task.round })}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          <StatusBadge status={task.status} />
          {task.reserved && <Badge>{tValue("reserved", task.reserved)}</Badge>}
          {rejected > 0 && (
            <Badge variant="dot" color="red">
              {t("queue.rejectedLabels", { count: rejected })}
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" c="dimmed">
          <Time at={task.acted_at ?? task.updated_at} />
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          {is === "past" && task.allowed_actions.includes("recall") && <RecallButton task={task} />}
          <LinkButton to="/projects/$project/tasks/$task/history" params={params} variant="default" visibleFrom="md">
            {t("tasks.history")}
          </LinkButton>
          {is === "reserved" ? (
            <TakeButton task={task} />
          ) : (
            <LinkButton
              to="/projects/$project/tasks/$task"
              params={params}
              variant={is === "past" ? "default" : "filled"}
            >
              {is === "held" ? t("queue.resume") : t("queue.open")}
            </LinkButton>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
