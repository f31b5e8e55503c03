import { ColorInput, Group, NativeSelect, Stack, TagsInput, Text, TextInput, Title } from "@mantine/core";
import type { Shape } from "../../api/types";
import { t, tValue } from "../../app/t";
import { AttributeList } from "./AttributeEditor";
import { COLORS } from "./colors";
import { type DraftClass, SHAPES } from "./draft";

interface Props {
  value: DraftClass;
  onChange: (value: DraftClass) => void;
  problems: ReadonlyMap<string, string>;
}

/** "wrist-thumb, wrist-index" → pairs of positions in the list of points. */
function readEdges(text: string, points: readonly string[]): [number, number][] {
  return text
    .split(",")
    .map((pair) => pair.split("-").map((name) => points.indexOf(name.trim())))
    .filter((pair): pair is [number, number] => pair.length === 2 && pair.every((index) => index >= 0));
}

function SkeletonFields({ value, onChange }: Omit<Props, "problems">) {
  const template = value.template ?? { points: [], edges: [] };
  const edges = template.edges.map(([from, to]) => `${template.points[from]}-${template.points[to]}`).join(", ");
  return (
    <>
      <TagsInput
        label={t("ontology.points")}
        description={t("ontology.pointsHint")}
        value={template.points}
        onChange={(points) =>
          onChange({
            ...value,
            template: { points, edges: template.edges.filter((pair) => pair.every((index) => index < points.length)) },
          })
        }
      />
      <TextInput
        key={edges}
        label={t("ontology.edges")}
        description={t("ontology.edgesHint")}
        defaultValue={edges}
        onBlur={(event) =>
          onChange({
            ...value,
            template: { ...template, edges: readEdges(event.currentTarget.value, template.points) },
          })
        }
      />
    </>
  );
}

export function ClassEditor({ value, onChange, problems }: Props) {
  return (
    <Stack gap="sm">
      <Group grow align="flex-start">
        <TextInput
          label={t("common.name")}
          value={value.name}
          error={problems.get(value.key)}
          autoFocus={!value.name}
          onChange={(event) => onChange({ ...value, name: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("ontology.shape")}
          value={value.shape}
          disabled={value.id !== undefined}
          onChange={(event) => onChange({ ...value, shape: event.currentTarget.value as Shape })}
          data={SHAPES.map((shape) => ({ value: shape, label: tValue("shape", shape) }))}
        />
      </Group>
      <Group grow align="flex-start">
        <ColorInput
          size="xs"
          label={t("ontology.color")}
          format="hex"
          eyeDropperButtonProps={{ "aria-label": t("ontology.pick") }}
          swatches={[...COLORS]}
          swatchesPerRow={5}
          value={value.color ?? ""}
          onChange={(color) => onChange({ ...value, color })}
        />
        <TextInput
          label={t("ontology.skill")}
          description={t("ontology.skillHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={value.skill ?? ""}
          onChange={(event) => onChange({ ...value, skill: event.currentTarget.value || null })}
        />
      </Group>
      {value.shape === "skeleton" && <SkeletonFields value={value} onChange={onChange} />}
      <Title order={3}>{t("ontology.attributes")}</Title>
      {value.attributes.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("ontology.attributesHint")}
        </Text>
      )}
      <AttributeList
        value={value.attributes}
        problems={problems}
        addLabel={t("ontology.addAttribute")}
        onChange={(attributes) => onChange({ ...value, attributes })}
      />
    </Stack>
  );
}
