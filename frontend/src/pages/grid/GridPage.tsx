import { useElementSize } from "@mantine/hooks";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useGridClasses } from "../../api/grid";
import { useProject } from "../../api/projects";
import type { Project } from "../../api/types";
import { judges, manages, seesAll } from "../../app/session";
import { t } from "../../app/t";
import { fitted, screenful, tileFor } from "../../grid/layout";
import { Empty, Loaded } from "../../ui/states";
import { useStages } from "../quality/useStages";
import { FilterBar } from "./FilterBar";
import classes from "./GridPage.module.css";
import { Judging } from "./Judging";
import { say } from "./messages";
import { type GridSearch, parseGrid, toAsk } from "./search";

const FROM = "/inside/shell/projects/$project/grid";
const CELL = "lapidary.grid.cell";

const storedCell = (): number => Number(localStorage.getItem(CELL)) || 96;

/** Bulk judgement: labels of one kind side by side, marked by exception. */
export default function GridPage() {
  const { project: id } = useParams({ from: FROM });
  const query = useProject(id);
  useEffect(() => {
    document.title = `${say("title")} · ${t("app.name")}`;
  }, []);
  return (
    <div className={classes.page}>
      <Loaded query={query}>
        {(project) =>
          judges(project.my_roles) ? (
            <Choosing project={project} />
          ) : (
            <Empty icon="lock" title={t("error.forbidden")} hint={say("notYours")} />
          )
        }
      </Loaded>
    </div>
  );
}

function Choosing({ project }: { project: Project }) {
  const search = useSearch({ from: FROM });
  const navigate = useNavigate();
  const { ref, width, height } = useElementSize();
  const [cell, setCell] = useState(storedCell);
  const classesQuery = useGridClasses(project.ontology);
  const known = classesQuery.data ?? [];
  const stages = useStages(project.id);
  // A stage that the workflow has no more is none.
  const stage = stages.find(({ value }) => value === search.stage);
  const change = (next: Partial<GridSearch>) =>
    void navigate({
      to: "/projects/$project/grid",
      params: { project: project.id },
      search: (before) => parseGrid({ ...(before as GridSearch), ...next }),
      replace: true,
    });
  const real = fitted(width, cell);
  // The filters have their final height first, so that a screenful is one.
  const ready = width > 0 && !classesQuery.isPending;
  const ask = ready ? toAsk(search, screenful(width, height, real), tileFor(real, window.devicePixelRatio)) : null;
  return (
    <>
      <FilterBar
        project={project.id}
        search={{ ...search, stage: stage?.value }}
        known={known}
        stages={stages}
        seesPeople={seesAll(project.my_roles)}
        cell={cell}
        onCell={(next) => {
          localStorage.setItem(CELL, String(next));
          setCell(next);
        }}
        onChange={change}
      />
      <Judging
        project={project}
        ask={ask}
        known={known}
        stage={stage}
        cell={real}
        area={{ ref, width, height }}
        manager={manages(project.my_roles)}
      />
    </>
  );
}
