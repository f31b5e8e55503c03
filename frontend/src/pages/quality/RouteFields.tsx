import { Checkbox, NativeSelect, SimpleGrid } from "@mantine/core";
import { useGridClasses } from "../../api/grid";
import { useCollaborators, useProject } from "../../api/projects";
import type { RouteBudget, RouteFilter } from "../../api/quality";
import { takes } from "../../api/tasks";
import { KINDS } from "./kinds";
import { kindWords, say } from "./messages";
import { skillsOf } from "./routing";
import type { JudgingStage } from "./useStages";

const SIZES = { base: 2, xs: 3 };

/** Those who take tasks of a stage, as choices. */
export function useJudges(project: string, stage: JudgingStage | undefined): { value: string; label: string }[] {
  const people = useCollaborators(project).data?.results ?? [];
  return people
    .filter(({ roles }) => stage && takes(roles, stage.type))
    .map(({ person, name, email }) => ({ value: person, label: name || email }));
}

/** The skills that the project's classes and questions ask for. */
export const useSkills = (project: string): string[] =>
  skillsOf(useGridClasses(useProject(project).data?.ontology).data ?? []);

interface BudgetProps {
  project: string;
  stage: JudgingStage | undefined;
  budget: RouteBudget;
  onChange: (budget: RouteBudget) => void;
}

/** Whose time a budget is, for which tasks, and whether it is there every day. */
export function BudgetFields({ project, stage, budget, onChange }: BudgetProps) {
  const people = useJudges(project, stage);
  const skills = useSkills(project);
  return (
    <SimpleGrid cols={SIZES} spacing="sm" style={{ alignItems: "end" }}>
      <NativeSelect
        label={say("budgetPerson")}
        value={budget.person ?? ""}
        data={[{ value: "", label: say("anybody") }, ...people]}
        onChange={(event) => onChange({ ...budget, person: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={say("budgetSkill")}
        value={budget.skill ?? ""}
        data={[{ value: "", label: say("anySkill") }, ...skills]}
        onChange={(event) => onChange({ ...budget, skill: event.currentTarget.value || undefined })}
      />
      <Checkbox
        label={say("perDay")}
        description={say("perDayHint")}
        checked={budget.per_day ?? false}
        onChange={(event) => onChange({ ...budget, per_day: event.currentTarget.checked })}
      />
    </SimpleGrid>
  );
}

interface FilterProps {
  project: string;
  stages: readonly JudgingStage[];
  filter: RouteFilter;
  onChange: (filter: RouteFilter) => void;
}

/** Which tasks are in question: all, or those whose likeliest error is of a class and kind, or that wait somewhere. */
export function FilterFields({ project, stages, filter, onChange }: FilterProps) {
  const classes = useGridClasses(useProject(project).data?.ontology).data ?? [];
  return (
    <SimpleGrid cols={SIZES} spacing="sm">
      <NativeSelect
        label={say("filterClass")}
        value={filter.class ?? ""}
        data={[{ value: "", label: say("anyClass") }, ...classes.map(({ name }) => name)]}
        onChange={(event) => onChange({ ...filter, class: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={say("filterKind")}
        value={filter.kind ?? ""}
        data={[{ value: "", label: say("anyKind") }, ...KINDS.map((value) => ({ value, label: kindWords(value) }))]}
        onChange={(event) => onChange({ ...filter, kind: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={say("filterStage")}
        value={filter.stage ?? ""}
        data={[{ value: "", label: say("anywhere") }, ...stages]}
        onChange={(event) => onChange({ ...filter, stage: event.currentTarget.value || undefined })}
      />
    </SimpleGrid>
  );
}
