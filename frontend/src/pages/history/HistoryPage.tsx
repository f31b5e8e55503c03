import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Task } from "../../api/types";
import { t } from "../../app/t";
import { StatusBadge } from "../../ui/bits";
import { LinkButton, TextLink } from "../../ui/links";
import { Page, Section } from "../../ui/Page";
import { Loaded } from "../../ui/states";
import { Thumbnail } from "../../ui/UnitCell";
import { Compare } from "./Compare";
import { Drafts } from "./Drafts";
import { Events } from "./Events";

export default function HistoryPage() {
  const { project, task: id } = useParams({ from: "/inside/shell/projects/$project/tasks/$task/history" });
  const query = useQuery({
    queryKey: keys.task(id),
    queryFn: ({ signal }) => api.get<Task>(`/tasks/${id}/`, { signal }),
  });
  const name = query.data?.data_unit.name ?? "";
  return (
    <Page
      title={name ? t("history.of", { name }) : t("history.title")}
      heading={
        <Group gap="sm" wrap="nowrap">
          {query.data && <Thumbnail unit={query.data.data_unit} size={36} />}
          {name || t("history.title")}
        </Group>
      }
      above={
        <TextLink to="/projects/$project/tasks" params={{ project }} size="xs">
          {t("tasks.title")}
        </TextLink>
      }
      actions={
        <LinkButton to="/projects/$project/tasks/$task" params={{ project, task: id }}>
          {t("history.editor")}
        </LinkButton>
      }
    >
      <Loaded query={query}>
        {(task) => (
          <Group gap="md" mb="md">
            <StatusBadge status={task.status} />
            <Text size="sm">
              {t("tasks.stage")}: {task.stage}
            </Text>
            <Text size="sm">
              {t("tasks.priority")}: {task.priority}
            </Text>
            <Text size="sm">{t("queue.round", { round: task.round })}</Text>
          </Group>
        )}
      </Loaded>
      <Stack gap="lg">
        <Section title={t("history.events")}>
          <Events task={id} />
        </Section>
        <Section title={t("history.compare")}>
          <Compare task={id} />
        </Section>
        <Drafts task={id} />
      </Stack>
    </Page>
  );
}
