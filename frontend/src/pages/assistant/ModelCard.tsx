import { Badge, Button, Group, Paper, Radio, Stack, Switch, Text } from "@mantine/core";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Assistant, FinetuneRow, ModelVersion } from "../../api/types";
import { useMe } from "../../app/session";
import { CopyLine, Time } from "../../ui/bits";
import { useAction } from "../../ui/useAction";
import { type Choice, choicesOf, type Gain, modelOf, standing } from "./choices";
import { spoken } from "./interval";
import { say } from "./messages";

function GainLine({ gain }: { gain: Gain }) {
  const parts = [
    gain.click && say("gainClick", { gain: spoken(gain.click) }),
    gain.box && say("gainBox", { gain: spoken(gain.box) }),
  ].filter(Boolean);
  if (parts.length === 0) return null;
  return (
    <>
      {parts.join(", ")}
      <br />
      {say("gainOn", { count: gain.heldOut })}
    </>
  );
}

function describe({ kind, model, gain }: Choice) {
  if (kind === "classical")
    return (
      <>
        {say("classicalGood")} {say("classicalBad")}
      </>
    );
  if (kind === "default") return model ? say("defaultHint", { name: model.name }) : say("noDefault");
  if (!model) return say("missingHint");
  if (gain) return <GainLine gain={gain} />;
  return say("family", { family: model.family, version: model.version.slice(0, 12) });
}

function title({ kind, model }: Choice): string {
  if (kind === "classical") return say("classical");
  if (kind === "default") return say("default");
  return model?.name ?? say("missing");
}

function ChoiceRow({ choice }: { choice: Choice }) {
  const { model } = choice;
  return (
    <Radio
      size="sm"
      value={choice.value}
      disabled={choice.kind === "missing"}
      label={
        <Group gap={6} component="span">
          <span>{title(choice)}</span>
          {choice.kind === "model" && model?.base && (
            <>
              <Badge component="span">{say("tuned")}</Badge>
              <Text span size="xs" c="dimmed">
                <Time at={model.created_at} />
              </Text>
            </>
          )}
        </Group>
      }
      description={describe(choice)}
    />
  );
}

/** How a model comes to an instance that has none. */
function NoModels() {
  const { is_admin } = useMe();
  return (
    <Stack gap={6} mt="xs">
      <Text size="sm" fw={600}>
        {say("none")}
      </Text>
      <Text size="xs" c="dimmed">
        {say("noneHint")}
      </Text>
      <CopyLine value="manage.py models add PATH --default" />
      {is_admin && (
        <Group>
          <Button component="a" href="/admin/" variant="default">
            {say("console")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

interface Props {
  project: string;
  assistant: Assistant;
  models: readonly ModelVersion[];
  runs: readonly FinetuneRow[];
}

/** Who answers in the editor. A choice takes effect at once. */
export function ModelCard({ project, assistant, models, runs }: Props) {
  const choices = choicesOf(models, runs, project, assistant.model);
  const choose = useAction(
    (change: Partial<Pick<Assistant, "model" | "enabled">>) =>
      api.put<Assistant>(`/projects/${project}/assistant/`, {
        model: assistant.model,
        enabled: assistant.enabled,
        ...change,
      }),
    { forget: [keys.assistant(project)], done: say("saved") },
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Switch
          size="sm"
          label={say("enabled")}
          description={say("enabledHint")}
          checked={assistant.enabled}
          disabled={choose.busy}
          onChange={(event) => choose.run({ enabled: event.currentTarget.checked })}
        />
        <Radio.Group
          size="sm"
          label={say("model")}
          value={standing(choices, assistant.model)}
          onChange={(value) => choose.run({ model: modelOf(value) })}
        >
          <Stack gap={8} mt={6}>
            {choices.map((choice) => (
              <ChoiceRow key={choice.value} choice={choice} />
            ))}
          </Stack>
        </Radio.Group>
        {!choices.some(({ kind }) => kind === "model") && <NoModels />}
      </Stack>
    </Paper>
  );
}
