import { Button, Group, Kbd, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useStages } from "../../api/projects";
import { takes } from "../../api/tasks";
import type { Project, StageCount } from "../../api/types";
import { manages } from "../../app/session";
import { useShortcuts } from "../../app/shortcuts";
import { t } from "../../app/t";
import { STAGE_ICON, Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { LinkButton, TextLink } from "../../ui/links";
import { Loaded } from "../../ui/states";
import { useClaim } from "./useClaim";

interface StageProps {
  stage: StageCount;
  onClaim: () => void;
  busy: boolean;
  hotkey?: string;
}

function StageCard({ stage, onClaim, busy, hotkey }: StageProps) {
  return (
    <Paper withBorder p="sm" component="section" aria-label={stage.title}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={6} wrap="nowrap" miw={0}>
          <Icon name={STAGE_ICON[stage.type]} />
          <Text fw={600} size="sm" truncate>
            {stage.title}
          </Text>
        </Group>
        <Button
          onClick={onClaim}
          loading={busy}
          variant={stage.waiting > 0 ? "filled" : "default"}
          rightSection={hotkey ? <Kbd size="xs">{hotkey}</Kbd> : undefined}
          aria-label={t("queue.claimFrom", { stage: stage.title })}
        >
          {t("queue.claim")}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mt={6} component="div">
        {t("queue.waiting", { count: stage.waiting })} · {t("queue.claimed", { count: stage.claimed })}
        {stage.oldest_waiting_at && (
          <>
            {" "}
            · {t("queue.oldest")} <Time at={stage.oldest_waiting_at} />
          </>
        )}
      </Text>
      {(stage.nobody_eligible ?? 0) > 0 && (
        <Text size="xs" fw={600}>
          {t("queue.nobody", { count: stage.nobody_eligible ?? 0 })}
        </Text>
      )}
    </Paper>
  );
}

/** The stages of one project that this person takes tasks from. Digits claim from the first project's stages. */
export function ProjectQueue({ project, first }: { project: Project; first: boolean }) {
  const query = useStages(project.id);
  const claim = useClaim(project.id);
  const stages = (query.data?.stages ?? []).filter((stage) => takes(project.my_roles, stage.type));
  const take = (stage: StageCount) => claim.run({ stage: stage.id, title: stage.title });
  useShortcuts(
    first
      ? stages.slice(0, 9).map((stage, index) => ({
          keys: String(index + 1),
          label: t("queue.claimFrom", { stage: stage.title }),
          group: t("help.page"),
          run: () => take(stage),
        }))
      : [],
  );
  return (
    <Stack gap={6} component="section" aria-label={project.name}>
      <Group justify="space-between">
        <TextLink to="/projects/$project" params={{ project: project.id }} fw={600}>
          {project.name}
        </TextLink>
        {manages(project.my_roles) && (
          <LinkButton to="/projects/$project/tasks" params={{ project: project.id }} variant="default">
            {t("queue.manage")}
          </LinkButton>
        )}
      </Group>
      <Loaded query={query}>
        {() => (
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xs">
            {stages.map((stage, index) => (
              <StageCard
                key={stage.id}
                stage={stage}
                busy={claim.busy}
                onClaim={() => take(stage)}
                hotkey={first && index < 9 ? String(index + 1) : undefined}
              />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
    </Stack>
  );
}
