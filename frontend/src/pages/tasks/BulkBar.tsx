import { Button, Group, Menu, Paper, Text } from "@mantine/core";
import { useState } from "react";
import type { BulkAction } from "../../api/tasks";
import type { Task } from "../../api/types";
import { t } from "../../app/t";
import { IconButton } from "../../ui/bits";
import { Icon, type IconName } from "../../ui/Icon";
import { BulkDialog } from "./BulkDialog";

interface Props {
  project: string;
  selected: string[];
  rows: readonly Task[];
  onClear: () => void;
}

const ACTIONS: [BulkAction, IconName][] = [
  ["assign", "user"],
  ["priority", "flag"],
  ["release", "arrow-back-up"],
  ["move", "arrow-right"],
  ["reopen", "refresh"],
];

/** What a manager may do to the selected tasks; there only while something is selected. */
export function BulkBar({ project, selected, rows, onClear }: Props) {
  const [action, setAction] = useState<BulkAction | null>(null);
  if (selected.length === 0) return null;
  return (
    <Paper withBorder p={6} mb="sm" role="toolbar" aria-label={t("common.actions")}>
      <Group gap="xs">
        <Text size="sm" fw={600} px={6} aria-live="polite">
          {t("bulk.selected", { count: selected.length })}
        </Text>
        <Group gap={4} visibleFrom="md">
          {ACTIONS.map(([name, icon]) => (
            <Button
              key={name}
              variant="default"
              leftSection={<Icon name={icon} size={14} />}
              onClick={() => setAction(name)}
            >
              {t(`bulk.${name}`)}
            </Button>
          ))}
        </Group>
        <Menu>
          <Menu.Target>
            <Button variant="default" hiddenFrom="md" rightSection={<Icon name="chevron-down" size={14} />}>
              {t("common.actions")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {ACTIONS.map(([name, icon]) => (
              <Menu.Item key={name} leftSection={<Icon name={icon} size={14} />} onClick={() => setAction(name)}>
                {t(`bulk.${name}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <IconButton icon="x" label={t("bulk.clear")} onClick={onClear} />
      </Group>
      {action && (
        <BulkDialog
          key={action}
          project={project}
          action={action}
          tasks={selected}
          rows={rows}
          onClose={() => setAction(null)}
          onDone={onClear}
        />
      )}
    </Paper>
  );
}
