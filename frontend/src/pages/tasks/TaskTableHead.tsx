import { Checkbox, Table, type TableThProps, UnstyledButton } from "@mantine/core";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { nextOrdering, type Ordering, type TaskFilters } from "./filters";
import classes from "./TaskTable.module.css";

interface Props {
  filters: TaskFilters;
  onFilters: (change: TaskFilters) => void;
  /** Null where nothing can be selected. */
  select: { all: boolean; some: boolean; onToggle: () => void } | null;
}

interface SortProps extends TableThProps {
  label: string;
  up: Ordering;
  down: Ordering;
  ordering: Ordering | undefined;
  onOrdering: (ordering: Ordering | undefined) => void;
}

function SortHeader({ label, up, down, ordering, onOrdering, ...rest }: SortProps) {
  const sort = ordering === up ? "ascending" : ordering === down ? "descending" : "none";
  return (
    <Table.Th aria-sort={sort} {...rest}>
      <UnstyledButton className={classes.sort} onClick={() => onOrdering(nextOrdering(ordering, up, down))}>
        {label}
        {sort !== "none" && <Icon name={sort === "ascending" ? "arrow-up" : "arrow-down"} size={12} />}
      </UnstyledButton>
    </Table.Th>
  );
}

export function TaskTableHead({ filters, onFilters, select }: Props) {
  const sorting = {
    ordering: filters.ordering,
    onOrdering: (ordering: Ordering | undefined) => onFilters({ ordering }),
  };
  return (
    <Table.Thead>
      <Table.Tr>
        {select && (
          <Table.Th w={36}>
            <Checkbox
              aria-label={t("tasks.selectAll")}
              checked={select.all}
              indeterminate={!select.all && select.some}
              onChange={select.onToggle}
            />
          </Table.Th>
        )}
        <SortHeader label={t("tasks.image")} up="id" down="-id" {...sorting} />
        <Table.Th visibleFrom="xs">{t("tasks.stage")}</Table.Th>
        <Table.Th>{t("tasks.status")}</Table.Th>
        <Table.Th visibleFrom="sm">{t("tasks.assignee")}</Table.Th>
        <SortHeader label={t("tasks.priority")} up="priority" down="-priority" visibleFrom="md" {...sorting} />
        <Table.Th visibleFrom="md">{t("tasks.round")}</Table.Th>
        <SortHeader label={t("tasks.updated")} up="updated_at" down="-updated_at" visibleFrom="md" {...sorting} />
        <Table.Th aria-label={t("common.actions")} />
      </Table.Tr>
    </Table.Thead>
  );
}
