import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useProject, useStages } from "../../api/projects";
import type { Project, StageCounts } from "../../api/types";
import { percent } from "../../app/format";
import { manages, seesAll } from "../../app/session";
import { t, tValue } from "../../app/t";
import { Page, Section } from "../../ui/Page";
import { Loaded } from "../../ui/states";
import { NextSteps } from "./NextSteps";
import { ProjectActions } from "./ProjectActions";
import { StageTable } from "./StageTable";
import { WorkflowDrawing } from "./WorkflowDrawing";

/** All tasks of a project: those at its stages, and those that came to rest. */
function totals({ stages, complete, archived }: StageCounts) {
  const open = stages.reduce((sum, stage) => sum + stage.waiting + stage.claimed, 0);
  return { complete, archived, all: open + complete + archived };
}

function ProgressLine({ counts, project }: { counts: StageCounts; project: Project }) {
  const { complete, archived, all } = totals(counts);
  const total = Math.max(all, project.progress.total);
  return (
    <Stack gap={4} mb="md">
      <Progress.Root size="lg" aria-label={t("projects.progress")}>
        <Progress.Section
          value={percent(complete, total)}
          aria-label={t("projects.done", { done: complete, all: total })}
        />
        <Progress.Section value={percent(archived, total)} color="gray.5" aria-label={t("common.archived")} />
      </Progress.Root>
      <Text size="sm" c="dimmed">
        {t("projects.done", { done: complete, all: total })} · {percent(complete, total)} %
        {archived > 0 && ` · ${t("overview.archivedCount", { count: archived })}`}
      </Text>
    </Stack>
  );
}

export default function OverviewPage() {
  const { project: id } = useParams({ from: "/inside/shell/projects/$project/" });
  const query = useProject(id);
  const stages = useStages(id);
  const navigate = useNavigate();
  const openStage = (stage: string) =>
    void navigate({ to: "/projects/$project/tasks", params: { project: id }, search: { stage } });
  return (
    <Loaded query={query}>
      {(project) => (
        <Page
          title={project.name}
          hint={
            <Group gap={4}>
              {project.archived_at && <Badge>{t("common.archived")}</Badge>}
              {project.my_roles.map((role) => (
                <Badge key={role}>{tValue("role", role)}</Badge>
              ))}
            </Group>
          }
          actions={manages(project.my_roles) && <ProjectActions project={project} />}
        >
          <Loaded query={stages}>
            {(counts) => (
              <>
                <ProgressLine counts={counts} project={project} />
                <NextSteps project={project} counts={counts} />
                <Section title={t("nav.workflow")}>
                  <Stack gap="sm">
                    {seesAll(project.my_roles) && <WorkflowDrawing project={id} counts={counts} onStage={openStage} />}
                    <StageTable project={project} counts={counts} />
                  </Stack>
                </Section>
              </>
            )}
          </Loaded>
        </Page>
      )}
    </Loaded>
  );
}
