import { Button, Group, NativeSelect, NumberInput, Paper, SimpleGrid, Stack, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { qualityKey, qualityPath, useQualitySettings } from "../../api/quality";
import type { QualitySettings } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { kindWords, say } from "./messages";
import { useStages } from "./useStages";

const KINDS = ["wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute"] as const;
/** Shares as people type them: per cent, from and to. */
const SHARES = { target_share: [0.01, 50], confidence: [50, 99.9], base_rate: [0, 50], repeat_rate: [0, 50] } as const;
type ShareName = keyof typeof SHARES;
const percents = (value: number): number => Math.round(value * 1e6) / 1e4;

function Form({ project, settings }: { project: string; settings: QualitySettings }) {
  const stages = useStages(project);
  const [draft, setDraft] = useState(settings);
  const set = (change: Partial<QualitySettings>) => setDraft((old) => ({ ...old, ...change }));
  const save = useAction(
    () => {
      const { audit_enabled, stage, target_share, confidence, base_rate, repeat_rate, costs, seconds } = draft;
      return api.patch<QualitySettings>(qualityPath(project, "settings/"), {
        audit_enabled,
        stage,
        target_share,
        confidence,
        base_rate,
        repeat_rate,
        costs,
        seconds,
      });
    },
    { fields: [...Object.keys(SHARES), "stage"], forget: [qualityKey(project)], done: t("common.saved") },
  );
  const percent = (name: ShareName) => (
    <NumberInput
      key={name}
      label={say(`set_${name}`)}
      value={percents(draft[name])}
      min={SHARES[name][0]}
      max={SHARES[name][1]}
      step={name === "target_share" ? 0.5 : 1}
      suffix=" %"
      error={save.fieldErrors[name]}
      onChange={(value) => typeof value === "number" && set({ [name]: value / 100 })}
    />
  );
  const amount = (name: "costs" | "seconds", kind: string) => (
    <NumberInput
      aria-label={`${kindWords(kind)}: ${say(`set_${name}`)}`}
      placeholder={say("usual")}
      value={draft[name][kind] ?? ""}
      min={0}
      max={1_000_000}
      hideControls
      onChange={(value) => {
        const { [kind]: _, ...others } = draft[name];
        set({ [name]: typeof value === "number" ? { ...others, [kind]: value } : others });
      }}
    />
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FormErrors errors={save.errors} />
        <Switch
          label={say("set_audit")}
          description={say("set_auditHint")}
          checked={draft.audit_enabled}
          onChange={(event) => set({ audit_enabled: event.currentTarget.checked })}
        />
        <SimpleGrid cols={2} spacing="sm">
          {(Object.keys(SHARES) as ShareName[]).map(percent)}
        </SimpleGrid>
        <NativeSelect
          label={say("set_stage")}
          value={draft.stage}
          error={save.fieldErrors.stage}
          data={[{ value: "", label: say("set_stageFirst") }, ...stages]}
          onChange={(event) => set({ stage: event.currentTarget.value })}
        />
        <div>
          <Table verticalSpacing={2} aria-label={say("set_byKind")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("set_byKind")}</Table.Th>
                <Table.Th w={110}>{say("set_costs")}</Table.Th>
                <Table.Th w={110}>{say("set_seconds")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {KINDS.map((kind) => (
                <Table.Tr key={kind}>
                  <Table.Td>{kindWords(kind)}</Table.Td>
                  <Table.Td>{amount("costs", kind)}</Table.Td>
                  <Table.Td>{amount("seconds", kind)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="xs" c="dimmed" mt={4}>
            {say("set_hint")}
          </Text>
        </div>
        <Group justify="flex-end">
          <Button loading={save.busy} disabled={draft === settings} onClick={() => save.run(undefined)}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

/** What errors cost, how much is audited and where. */
export function Settings({ project }: { project: string }) {
  return (
    <Loaded query={useQualitySettings(project)}>
      {(settings) => <Form key={JSON.stringify(settings)} project={project} settings={settings} />}
    </Loaded>
  );
}
