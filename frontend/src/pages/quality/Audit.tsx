import { Alert, Button, Group, Progress, Stack, Table, Text } from "@mantine/core";
import { api } from "../../api/client";
import { qualityKey, qualityPath, useAudit } from "../../api/quality";
import type { QualityAudit } from "../../api/types";
import { percent } from "../../app/format";
import { Time } from "../../ui/bits";
import { Section } from "../../ui/Page";
import { Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";

const SHOWN = 6;

function Waves({ waves }: { waves: QualityAudit["waves"] }) {
  return (
    <Table aria-label={say("waves")}>
      <Table.Tbody>
        {waves.slice(0, SHOWN).map((wave) => (
          <Table.Tr key={wave.number}>
            <Table.Td w={110}>
              <Time at={wave.at} />
            </Table.Td>
            <Table.Td>
              <Text size="sm">{say("waveOf", { drawn: wave.drawn, frame: wave.frame })}</Text>
              <Text size="xs" c="dimmed">
                {wave.why}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Plan({ plan }: { plan: QualityAudit }) {
  const done = plan.tasks.done ?? 0;
  const words = say("looked", { done, all: done + plan.due });
  return (
    <Stack gap="xs">
      {!plan.stage && <Alert color="yellow">{say("noStages")}</Alert>}
      <Progress value={percent(done, done + plan.due)} size="lg" aria-label={words} />
      <Group justify="space-between">
        <Text size="sm">{words}</Text>
        <Text size="sm" c="dimmed">
          {say("wanted", { count: plan.wanted })}
        </Text>
      </Group>
      {!plan.enabled && (
        <Text size="xs" c="dimmed">
          {say("auditOff")}
        </Text>
      )}
      <Waves waves={plan.waves} />
    </Stack>
  );
}

/** The random looks that a certificate rests on: done, due, and one more wave now. */
export function Audit({ project }: { project: string }) {
  const query = useAudit(project);
  const draw = useAction(() => api.post<QualityAudit>(qualityPath(project, "audit/"), {}), {
    forget: [qualityKey(project)],
    done: (plan) => say("isDrawn", { count: plan.waves[0]?.drawn ?? 0 }),
  });
  return (
    <Section
      title={say("audit")}
      actions={
        <Button variant="default" loading={draw.busy} onClick={() => draw.run(undefined)}>
          {say("drawWave")}
        </Button>
      }
    >
      <Loaded query={query}>{(plan) => <Plan plan={plan} />}</Loaded>
    </Section>
  );
}
