import { Button, Group, NativeSelect, NumberInput, Paper, Stack, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { qualityKey, qualityPath, usePolicy, useRoutes } from "../../api/quality";
import type { QualityPolicy } from "../../api/types";
import { t } from "../../app/t";
import { Time } from "../../ui/bits";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { FormErrors, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { Wide } from "../../ui/Wide";
import { say } from "./messages";
import { duration, share } from "./plots/scale";
import { ruleWords } from "./routing";
import { useStages } from "./useStages";

function PolicyForm({ project, policy }: { project: string; policy: QualityPolicy }) {
  const stages = useStages(project);
  const common = policy.budgets.find(({ person, skill }) => !person && !skill);
  const others = policy.budgets.filter((budget) => budget !== common);
  const [enabled, setEnabled] = useState(policy.enabled);
  const [minutes, setMinutes] = useState<number | string>(common ? common.seconds_per_day / 60 : 60);
  const [chosen, setChosen] = useState(policy.to_stage);
  const stage = chosen || stages[0]?.value || "";
  const save = useAction(
    () =>
      api.put<QualityPolicy>(qualityPath(project, "policy/"), {
        enabled,
        to_stage: stage,
        budgets: [
          ...others.map(({ person, skill, seconds_per_day }) => ({ person, skill, seconds_per_day })),
          { seconds_per_day: Number(minutes) * 60 },
        ],
      }),
    { fields: ["to_stage"], forget: [[...qualityKey(project), "policy/"]], done: t("common.saved") },
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FormErrors errors={save.errors} />
        <Text size="xs" c="dimmed">
          {say("policyHint")}
        </Text>
        <Switch
          label={say("policyOn")}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <Group align="flex-end" gap="sm">
          <NumberInput label={say("minutesADay")} value={minutes} onChange={setMinutes} min={1} max={16_000} w={120} />
          <NativeSelect
            label={say("toStage")}
            data={stages}
            value={stage}
            error={save.fieldErrors.to_stage}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
          <Button
            variant="default"
            loading={save.busy}
            disabled={!stage || typeof minutes !== "number"}
            onClick={() => save.run(undefined)}
          >
            {t("common.save")}
          </Button>
        </Group>
        {common && policy.enabled && (
          <Text size="sm">{say("today", { left: duration(common.left), spent: duration(common.spent) })}</Text>
        )}
        {others.length > 0 && (
          <Text size="xs" c="dimmed">
            {say("otherBudgets", { count: others.length })}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function Earlier({ project }: { project: string }) {
  const list = useRoutes(project);
  if (!list.loading && list.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {say("noRoutes")}
      </Text>
    );
  return (
    <>
      <Wide label={say("routes")} least={520}>
        <Table aria-label={say("routes")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("when")}</Table.Th>
              <Table.Th>{say("rule")}</Table.Th>
              <Table.Th ta="right">{say("sentTasks")}</Table.Th>
              <Table.Th ta="right">{say("lookedAt")}</Table.Th>
              <Table.Th ta="right" title={say("foundHint")}>
                {say("foundWrong")}
              </Table.Th>
              <Table.Th ta="right">{say("errors")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.rows.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Time at={run.created_at} />
                </Table.Td>
                <Table.Td>{ruleWords(run)}</Table.Td>
                <Table.Td ta="right">{run.selected}</Table.Td>
                <Table.Td ta="right">{run.reviewed}</Table.Td>
                <Table.Td ta="right">
                  {share(run.found_per_look)}
                  <Text span size="xs" c="dimmed">
                    {" "}
                    / {share(run.promised_per_look)}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{run.errors_found}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </>
  );
}

/** What was sent before and what came of it, and what is sent every day by itself. */
export function Routings({ project }: { project: string }) {
  return (
    <>
      <Section title={say("routes")}>
        <Earlier project={project} />
      </Section>
      <Section title={say("policy")}>
        <Loaded query={usePolicy(project)}>{(policy) => <PolicyForm project={project} policy={policy} />}</Loaded>
      </Section>
    </>
  );
}
