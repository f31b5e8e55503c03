import { Button, Group, Table, Text } from "@mantine/core";
import { takes } from "../../api/tasks";
import type { Project, StageCounts } from "../../api/types";
import { t, tValue } from "../../app/t";
import { STAGE_ICON, Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { TextLink } from "../../ui/links";
import { useClaim } from "../queue/useClaim";

/** The same counts as in the drawing, to be read in order, with the work they offer. */
export function StageTable({ project, counts }: { project: Project; counts: StageCounts }) {
  const claim = useClaim(project.id);
  return (
    <Table.ScrollContainer minWidth={340}>
      <Table aria-label={t("overview.stages")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("tasks.stage")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("overview.kind")}</Table.Th>
            <Table.Th ta="right">{t("overview.waiting")}</Table.Th>
            <Table.Th ta="right">{t("overview.claimed")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("overview.oldest")}</Table.Th>
            <Table.Th aria-label={t("common.actions")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {counts.stages.map((stage) => (
            <Table.Tr key={stage.id}>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  <Icon name={STAGE_ICON[stage.type] ?? "square"} size={14} />
                  <TextLink to="/projects/$project/tasks" params={{ project: project.id }} search={{ stage: stage.id }}>
                    {stage.title}
                  </TextLink>
                </Group>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Text size="sm" c="dimmed">
                  {tValue("stageType", stage.type)}
                </Text>
              </Table.Td>
              {stage.type === "complete" || stage.type === "archive" ? (
                <Table.Td ta="right" colSpan={2}>
                  {t("graph.rested", { count: stage.type === "complete" ? counts.complete : counts.archived })}
                </Table.Td>
              ) : (
                <>
                  <Table.Td ta="right">{stage.waiting}</Table.Td>
                  <Table.Td ta="right">{stage.claimed}</Table.Td>
                </>
              )}
              <Table.Td visibleFrom="sm">
                <Text size="sm" c="dimmed">
                  <Time at={stage.oldest_waiting_at} />
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                {!project.archived_at && takes(project.my_roles, stage.type) && (
                  <Button
                    visibleFrom="sm"
                    variant="default"
                    loading={claim.busy}
                    aria-label={t("queue.claimFrom", { stage: stage.title })}
                    onClick={() => claim.run({ stage: stage.id, title: stage.title })}
                  >
                    {t("queue.claim")}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
