import { Group, List, Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { takes } from "../../api/tasks";
import type { Project, StageCounts } from "../../api/types";
import { manages } from "../../app/session";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { LinkButton, TextLink } from "../../ui/links";

interface Props {
  project: Project;
  counts: StageCounts;
}

/** What a manager should look at, from what the counts say. */
function managerSteps({ project, counts }: Props): ReactNode[] {
  const params = { project: project.id };
  const open = counts.stages.reduce((sum, stage) => sum + stage.waiting + stage.claimed, 0);
  const steps: ReactNode[] = [];
  if (open + counts.complete + counts.archived === 0) {
    const [dataset] = project.datasets;
    steps.push(
      <span key="data">
        {t("next.noTasks")}{" "}
        {dataset ? (
          <TextLink to="/datasets/$dataset" params={{ dataset }}>
            {t("next.addImages")}
          </TextLink>
        ) : (
          <TextLink to="/datasets">{t("next.addImages")}</TextLink>
        )}
      </span>,
    );
  } else if (open === 0) {
    steps.push(
      <span key="export">
        {t("next.allDone")}{" "}
        <TextLink to="/projects/$project/transfer" params={params}>
          {t("next.export")}
        </TextLink>
      </span>,
    );
  }
  for (const stage of counts.stages.filter(({ nobody_eligible }) => (nobody_eligible ?? 0) > 0)) {
    steps.push(
      <span key={stage.id}>
        {t("next.nobody", { stage: stage.title, count: stage.nobody_eligible ?? 0 })}{" "}
        <TextLink to="/projects/$project/people" params={params}>
          {t("next.addPeople")}
        </TextLink>
      </span>,
    );
  }
  return steps;
}

/** What to do next here, by role. Says nothing when there is nothing to say. */
export function NextSteps(props: Props) {
  const { project, counts } = props;
  if (project.archived_at) return null;
  const waiting = counts.stages
    .filter((stage) => takes(project.my_roles, stage.type))
    .reduce((sum, stage) => sum + stage.waiting, 0);
  const works = counts.stages.some((stage) => takes(project.my_roles, stage.type));
  const steps = manages(project.my_roles) ? managerSteps(props) : [];
  if (!works && steps.length === 0) return null;
  return (
    <Paper withBorder p="sm" mb="lg" component="section" aria-label={t("next.title")}>
      <Group justify="space-between" align="flex-start">
        <Group gap="xs" align="flex-start" wrap="nowrap" flex={1} miw={200}>
          <Icon name="arrow-right" />
          <div>
            {works && <Text size="sm">{waiting > 0 ? t("next.waiting", { count: waiting }) : t("next.idle")}</Text>}
            {steps.length > 0 && (
              <List size="sm" listStyleType="none">
                {steps.map((step, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the list is made anew each time.
                  <List.Item key={index}>{step}</List.Item>
                ))}
              </List>
            )}
          </div>
        </Group>
        {works && (
          <LinkButton to="/queue" variant={waiting > 0 ? "filled" : "default"}>
            {t("nav.queue")}
          </LinkButton>
        )}
      </Group>
    </Paper>
  );
}
