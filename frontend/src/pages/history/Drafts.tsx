import { Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "../../api/client";
import { keys } from "../../api/keys";
import type { Draft } from "../../api/types";
import { t } from "../../app/t";
import { Time } from "../../ui/bits";
import { Section } from "../../ui/Page";

/** Labels that lost their claim on the way. Nothing is shown where there are none. */
export function Drafts({ task }: { task: string }) {
  const { data } = useQuery({
    queryKey: [...keys.task(task), "drafts"],
    queryFn: ({ signal }) => api.get<Page<Draft>>(`/tasks/${task}/drafts/`, { signal }),
    retry: false,
  });
  if (!data || data.results.length === 0) return null;
  return (
    <Section title={t("history.drafts")}>
      <Text size="sm" c="dimmed" mb="xs">
        {t("history.draftsHint")}
      </Text>
      <Stack gap="xs">
        {data.results.map((draft) => (
          <Paper key={draft.id} withBorder p="sm">
            <Group gap="xs">
              <Text size="sm">
                {t("history.draft", {
                  upserts: draft.labels?.upsert?.length ?? 0,
                  deletes: draft.labels?.delete?.length ?? 0,
                  revision: draft.base_revision ?? 0,
                })}
              </Text>
              <Text size="xs" c="dimmed">
                <Time at={draft.created_at} />
              </Text>
            </Group>
          </Paper>
        ))}
      </Stack>
    </Section>
  );
}
