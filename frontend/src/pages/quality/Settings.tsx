import { Button, Group, NativeSelect, NumberInput, Paper, SimpleGrid, Stack, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { usePredictionModels } from "../../api/inference";
import { qualityKey, qualityPath, useQualitySettings } from "../../api/quality";
import type { QualitySettings } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { ClassCosts } from "./ClassCosts";
import { KINDS } from "./kinds";
import { kindWords, say } from "./messages";
import { useStages } from "./useStages";

/** Shares as people type them: per cent, from and to. */
const SHARES = { target_share: [0.01, 50], confidence: [50, 99.9], base_rate: [0, 50], repeat_rate: [0, 50] } as const;
type ShareName = keyof typeof SHARES;
const percents = (value: number): number => Math.round(value * 1e6) / 1e4;

function Form({ project, settings }: { project: string; settings: QualitySettings }) {
  const stages = useStages(project);
  const models = usePredictionModels(project).data ?? [];
  const now = stages.find(({ value }) => value === settings.audit_stage)?.label;
  const [draft, setDraft] = useState(settings);
  const set = (change: Partial<QualitySettings>) => setDraft((old) => ({ ...old, ...change }));
  const save = useAction(
    () => {
      // What else the settings hold is changed where it is shown.
      const { audit_enabled, stage, model, costs, class_costs, seconds } = draft;
      const { target_share, confidence, base_rate, repeat_rate } = draft;
      const own = { audit_enabled, stage, model, target_share, confidence, base_rate, repeat_rate };
      return api.patch<QualitySettings>(qualityPath(project, "settings/"), { ...own, costs, class_costs, seconds });
    },
    {
      fields: [...Object.keys(SHARES), "stage", "model", "class_costs"],
      forget: [qualityKey(project)],
      done: t("common.saved"),
    },
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
          data={[
            { value: "", label: settings.stage || !now ? say("set_stageFirst") : say("set_stageNow", { stage: now }) },
            ...stages,
          ]}
          onChange={(event) => set({ stage: event.currentTarget.value })}
        />
        <NativeSelect
          label={say("set_model")}
          value={draft.model ?? ""}
          error={save.fieldErrors.model}
          data={[
            { value: "", label: say("set_modelNewest") },
            ...models.map(({ id, name, version }) => ({ value: id, label: `${name} ${version}` })),
          ]}
          onChange={(event) => set({ model: event.currentTarget.value || null })}
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
        <ClassCosts
          project={project}
          costs={draft.class_costs}
          error={save.fieldErrors.class_costs}
          onChange={(class_costs) => set({ class_costs })}
        />
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
