import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import { useProject } from "../../api/projects";
import type { Task } from "../../api/types";
import { usePeople } from "../../app/people";
import { manages } from "../../app/session";
import { t } from "../../app/t";
import { Page } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/states";
import { BulkBar } from "./BulkBar";
import { FilterBar } from "./FilterBar";
import { isFiltered, type TaskFilters, toQuery } from "./filters";
import { TaskTable } from "./TaskTable";

export default function TasksPage() {
  const { project } = useParams({ from: "/inside/shell/projects/$project/tasks" });
  const filters = useSearch({ from: "/inside/shell/projects/$project/tasks" });
  const navigate = useNavigate({ from: "/projects/$project/tasks" });
  const roles = useProject(project).data?.my_roles ?? [];
  const people = usePeople(project, roles);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const list = useKeyset<Task>(keys.tasks(project), `/projects/${project}/tasks/`, toQuery(filters), {
    refetchInterval: selected.size === 0 ? 20_000 : undefined,
  });
  const setFilters = (change: TaskFilters) => {
    setSelected(new Set());
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  };
  const clear = () => void navigate({ search: {}, replace: true });
  return (
    <Page
      title={t("tasks.title")}
      hint={list.rows.length > 0 ? t("tasks.loaded", { count: list.rows.length }) : undefined}
    >
      <FilterBar project={project} filters={filters} onChange={setFilters} onClear={clear} />
      {manages(roles) && (
        <BulkBar project={project} selected={[...selected]} onClear={() => setSelected(new Set())} rows={list.rows} />
      )}
      {list.loading && <Loading />}
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty
          icon="table"
          title={isFiltered(filters) ? t("tasks.noneFound") : t("tasks.none")}
          hint={isFiltered(filters) ? t("tasks.noneFoundHint") : t("tasks.noneHint")}
        />
      )}
      {list.rows.length > 0 && (
        <TaskTable
          project={project}
          people={people}
          list={list}
          filters={filters}
          onFilters={setFilters}
          selected={selected}
          onSelect={setSelected}
          selectable={manages(roles)}
        />
      )}
    </Page>
  );
}
