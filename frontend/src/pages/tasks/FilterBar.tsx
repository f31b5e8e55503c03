import { Button, Group, NativeSelect } from "@mantine/core";
import { useCollaborators, useProject, useStages } from "../../api/projects";
import { seesAll, useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { isFiltered, STATUSES, type TaskFilters } from "./filters";

interface Props {
  project: string;
  filters: TaskFilters;
  onChange: (change: TaskFilters) => void;
  onClear: () => void;
}

/** The filters, which live in the address: a link to a queue is a link to these. */
export function FilterBar({ project, filters, onChange, onClear }: Props) {
  const me = useMe();
  const roles = useProject(project).data?.my_roles ?? [];
  const stages = useStages(project).data?.stages ?? [];
  const people = useCollaborators(project, seesAll(roles)).data?.results ?? [];
  const assignees = people.length > 0 ? people.map(({ person, name, email }) => ({ id: person, name, email })) : [me];
  return (
    <Group gap="xs" mb="sm" align="flex-end">
      <NativeSelect
        aria-label={t("tasks.stage")}
        value={filters.stage ?? ""}
        onChange={(event) => onChange({ stage: event.currentTarget.value || undefined })}
        data={[
          { value: "", label: t("tasks.anyStage") },
          ...stages.map(({ id, title }) => ({ value: id, label: title })),
        ]}
      />
      <NativeSelect
        aria-label={t("tasks.status")}
        value={filters.status ?? ""}
        onChange={(event) => onChange({ status: (event.currentTarget.value || undefined) as TaskFilters["status"] })}
        data={[
          { value: "", label: t("tasks.anyStatus") },
          ...STATUSES.map((value) => ({ value, label: tValue("status", value) })),
        ]}
      />
      <NativeSelect
        aria-label={t("tasks.assignee")}
        value={filters.assignee ?? ""}
        onChange={(event) => onChange({ assignee: event.currentTarget.value || undefined })}
        data={[
          { value: "", label: t("tasks.anyone") },
          ...assignees.map(({ id, name, email }) => ({ value: id, label: name || email })),
        ]}
      />
      {isFiltered(filters) && (
        <Button variant="subtle" onClick={onClear} leftSection={<Icon name="x" size={14} />}>
          {t("tasks.clear")}
        </Button>
      )}
    </Group>
  );
}
