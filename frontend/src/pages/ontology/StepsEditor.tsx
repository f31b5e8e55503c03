import { Button, Group, NativeSelect, Paper, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { t } from "../../app/t";
import { IconButton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import type { DraftAttribute, DraftOntology } from "./draft";
import { type DraftStep, newStep, questionsOf, STEP_KINDS, targetsOf } from "./steps";

interface Named {
  key: string;
  name: string;
}
interface StepProps {
  step: DraftStep;
  draft: DraftOntology;
  onChange: (step: DraftStep) => void;
}

const choices = (parts: readonly Named[], none: string) => [
  { value: "", label: none },
  ...parts.map(({ key, name }) => ({ value: key, label: name || t("ontology.unnamed") })),
];

function Answer({
  attribute,
  value,
  onChange,
}: {
  attribute: DraftAttribute;
  value: string;
  onChange: (v: string) => void;
}) {
  const label = t("ontology.stepValue");
  if (attribute.type === "text" || attribute.type === "number")
    return (
      <TextInput
        label={label}
        value={value}
        inputMode={attribute.type === "number" ? "decimal" : "text"}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  const options =
    attribute.type === "boolean"
      ? [
          { key: "true", name: t("common.yes") },
          { key: "false", name: t("common.no") },
        ]
      : attribute.options.filter(({ archived }) => !archived).map(({ value: name }) => ({ key: name, name }));
  return (
    <NativeSelect
      label={label}
      value={value}
      data={choices(options, t("ontology.stepChoose"))}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function StepFields({ step, draft, onChange }: StepProps) {
  const questions = questionsOf(draft, step),
    question = questions.find(({ key }) => key === step.attribute),
    targets = targetsOf(draft, step.of);
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
      <NativeSelect
        label={t("ontology.stepOf")}
        value={step.of}
        data={choices(draft.objects, t("ontology.stepChoose"))}
        onChange={(event) =>
          onChange({ ...step, of: event.currentTarget.value, into: "", attribute: "", targets: {}, value: "" })
        }
      />
      {step.kind === "merge" ? (
        <NativeSelect
          label={t("ontology.stepInto")}
          value={step.into}
          data={choices(targets, t("ontology.stepChoose"))}
          onChange={(event) => onChange({ ...step, into: event.currentTarget.value })}
        />
      ) : (
        <NativeSelect
          label={t("ontology.attributeName")}
          value={step.attribute}
          data={choices(questions, t("ontology.stepChoose"))}
          onChange={(event) => onChange({ ...step, attribute: event.currentTarget.value, targets: {}, value: "" })}
        />
      )}
      {step.kind === "fill" && question && (
        <Answer attribute={question} value={step.value} onChange={(value) => onChange({ ...step, value })} />
      )}
      {step.kind === "split" &&
        question?.options.map((option) => (
          <NativeSelect
            key={option.key}
            label={t("ontology.stepOption", { option: option.value })}
            value={step.targets[option.key] ?? ""}
            data={choices(targets, t("ontology.stepStays"))}
            onChange={(event) =>
              onChange({ ...step, targets: { ...step.targets, [option.key]: event.currentTarget.value } })
            }
          />
        ))}
    </SimpleGrid>
  );
}

interface Props {
  draft: DraftOntology;
  problems: ReadonlyMap<string, string>;
  onChange: (steps: DraftStep[]) => void;
}

/** What happens to the labels there are: classes merged or split, new questions answered. */
export function StepsEditor({ draft, problems, onChange }: Props) {
  const { steps } = draft;
  return (
    <Stack gap="sm" maw={820}>
      <Text size="sm" c="dimmed">
        {t("ontology.stepsHint")}
      </Text>
      {steps.map((step, index) => (
        <Paper key={step.key} withBorder p="sm" component="section" aria-label={t(`ontology.step.${step.kind}`)}>
          <Group justify="space-between" mb={6} wrap="nowrap" align="flex-start">
            <div>
              <Text size="sm" fw={600}>
                {t(`ontology.step.${step.kind}`)}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`ontology.stepHint.${step.kind}`)}
              </Text>
            </div>
            <IconButton icon="trash" label={t("common.remove")} onClick={() => onChange(steps.toSpliced(index, 1))} />
          </Group>
          <StepFields step={step} draft={draft} onChange={(next) => onChange(steps.with(index, next))} />
          {problems.has(step.key) && (
            <Text size="xs" c="red" mt={6} role="alert">
              {problems.get(step.key)}
            </Text>
          )}
        </Paper>
      ))}
      <Group gap="xs">
        {STEP_KINDS.map((kind) => (
          <Button
            key={kind}
            variant="default"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => onChange([...steps, newStep(kind)])}
          >
            {t(`ontology.step.${kind}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}
