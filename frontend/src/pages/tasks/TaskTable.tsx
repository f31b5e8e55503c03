import { Table } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import type { Task } from "../../api/types";
import { useShortcuts } from "../../app/shortcuts";
import { t } from "../../app/t";
import { More } from "../../ui/More";
import type { TaskFilters } from "./filters";
import { TaskRow } from "./TaskRow";
import classes from "./TaskTable.module.css";
import { TaskTableHead } from "./TaskTableHead";

interface Props {
  project: string;
  /** Names by person id. */
  people: ReadonlyMap<string, string>;
  list: { rows: Task[]; hasMore: boolean; loadingMore: boolean; loadMore: () => unknown };
  filters: TaskFilters;
  onFilters: (change: TaskFilters) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  selectable: boolean;
}

const ROW = 46;

/** Rows of thousands of tasks, of which only those in view are drawn. */
export function TaskTable({ project, people, list, filters, onFilters, selected, onSelect, selectable }: Props) {
  const { rows } = list;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  const step = (by: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, active + by));
    setActive(index);
    virtual.scrollToIndex(index);
  };
  const all = rows.length > 0 && rows.every(({ id }) => selected.has(id));
  const toggleAll = () => onSelect(all ? new Set() : new Set(rows.map(({ id }) => id)));
  const current = rows[active];
  const go = (to: "/projects/$project/tasks/$task" | "/projects/$project/tasks/$task/history") =>
    current && void navigate({ to, params: { project, task: current.id } });
  const key = (keys: string, label: string, run: () => void) => ({ keys, label, group: t("help.page"), run });
  useShortcuts([
    key("j", t("tasks.keys.down"), () => step(1)),
    key("k", t("tasks.keys.up"), () => step(-1)),
    key("o", t("tasks.keys.open"), () => go("/projects/$project/tasks/$task")),
    key("h", t("tasks.keys.history"), () => go("/projects/$project/tasks/$task/history")),
    ...(selectable
      ? [
          key("x", t("tasks.keys.select"), () => current && toggle(current.id)),
          key("shift+a", t("tasks.keys.all"), toggleAll),
        ]
      : []),
  ]);
  return (
    <div ref={scroller} className={classes.scroller}>
      <Table stickyHeader aria-label={t("tasks.title")} aria-rowcount={list.hasMore ? -1 : rows.length + 1} miw={340}>
        <TaskTableHead
          filters={filters}
          onFilters={onFilters}
          select={selectable ? { all, some: selected.size > 0, onToggle: toggleAll } : null}
        />
        <Table.Tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map(({ index }) => {
            const task = rows[index];
            return task ? (
              <TaskRow
                key={task.id}
                task={task}
                assignee={task.assignee ? people.get(task.assignee) : undefined}
                index={index}
                active={index === active}
                selected={selected.has(task.id)}
                onToggle={selectable ? () => toggle(task.id) : undefined}
              />
            ) : null;
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </Table.Tbody>
      </Table>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </div>
  );
}
