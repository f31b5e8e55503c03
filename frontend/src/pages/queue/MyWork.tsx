import { Group, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import { standing } from "../../api/tasks";
import type { MyTask } from "../../api/types";
import { t } from "../../app/t";
import { More } from "../../ui/More";
import { Empty, Failed, Loading } from "../../ui/states";
import { WorkRow } from "./WorkRow";

const FILTERS = ["open", "held", "reserved", "past"] as const;
type Filter = (typeof FILTERS)[number];

/** One's own tasks across projects: in hand, reserved or assigned, and handed in with what became of them. */
export function MyWork() {
  const [filter, setFilter] = useState<Filter>("open");
  const status = filter === "past" ? "done" : "open";
  const list = useKeyset<MyTask>(keys.myTasks, "/my/tasks/", { status, limit: 50 }, { refetchInterval: 30_000 });
  const sorted = list.rows.map((task) => ({ task, is: standing(task) }));
  const shown = sorted.filter(({ is }) => status === "done" || filter === "open" || is === filter);
  if (list.loading) return <Loading />;
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  return (
    <Stack gap="xs">
      <Group>
        <SegmentedControl
          aria-label={t("queue.filter")}
          value={filter}
          onChange={(value) => setFilter(value as Filter)}
          data={FILTERS.map((value) => ({ value, label: t(`queue.filter.${value}`) }))}
        />
      </Group>
      {shown.length === 0 ? (
        <Empty icon="list-check" title={t("queue.mineEmpty")} hint={t("queue.mineEmptyHint")} />
      ) : (
        <Table.ScrollContainer minWidth={340}>
          <Table aria-label={t("queue.mine")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("tasks.image")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("tasks.stage")}</Table.Th>
                <Table.Th>{t("tasks.status")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("tasks.updated")}</Table.Th>
                <Table.Th aria-label={t("common.actions")} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map(({ task, is }) => (
                <WorkRow key={`${task.id} ${task.acted_at ?? ""}`} task={task} is={is} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      {list.rows.length > 0 && shown.length === 0 && list.hasMore && <Text size="xs">{t("common.loading")}</Text>}
    </Stack>
  );
}
