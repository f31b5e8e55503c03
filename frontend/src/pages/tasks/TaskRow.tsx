import { Checkbox, Group, Table, Text } from "@mantine/core";
import { memo } from "react";
import type { Task } from "../../api/types";
import { t } from "../../app/t";
import { StatusBadge, Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { TextLink } from "../../ui/links";
import { UnitCell } from "../../ui/UnitCell";
import classes from "./TaskTable.module.css";

interface Props {
  task: Task;
  assignee: string | undefined;
  index: number;
  active: boolean;
  selected: boolean;
  onToggle: (() => void) | undefined;
}

export const TaskRow = memo(function TaskRow({ task, assignee, index, active, selected, onToggle }: Props) {
  const params = { project: task.project, task: task.id };
  return (
    <Table.Tr
      className={classes.row}
      data-active={active || undefined}
      data-selected={selected || undefined}
      aria-rowindex={index + 2}
      aria-selected={onToggle ? selected : undefined}
    >
      {onToggle && (
        <Table.Td>
          <Checkbox
            aria-label={t("tasks.select", { name: task.data_unit.name })}
            checked={selected}
            onChange={onToggle}
          />
        </Table.Td>
      )}
      <Table.Td>
        <UnitCell
          unit={task.data_unit}
          name={
            <TextLink to="/projects/$project/tasks/$task" params={params} c="inherit">
              {task.data_unit.name}
            </TextLink>
          }
        />
      </Table.Td>
      <Table.Td visibleFrom="xs">
        <Text size="sm">{task.stage_title}</Text>
      </Table.Td>
      <Table.Td>
        <StatusBadge status={task.status} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" c={assignee ? undefined : "dimmed"}>
          {assignee ?? "–"}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm" ff="monospace">
          {task.priority}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm" ff="monospace">
          {task.round}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm" c="dimmed">
          <Time at={task.updated_at} />
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end">
          <TextLink to="/projects/$project/tasks/$task/history" params={params}>
            <Text span inherit visibleFrom="sm">
              {t("tasks.history")}
            </Text>
            <Text span inherit hiddenFrom="sm">
              <Icon name="history" label={t("tasks.history")} />
            </Text>
          </TextLink>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
});
