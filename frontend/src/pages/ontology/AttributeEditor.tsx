import { Badge, Button, Checkbox, Group, NativeSelect, Paper, Stack, Text, TextInput } from "@mantine/core";
import type { AttributeType } from "../../api/types";
import { t, tValue } from "../../app/t";
import { IconButton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import {
  ATTRIBUTE_TYPES,
  type DraftAttribute,
  type DraftOption,
  hasOptions,
  moveAt,
  newAttribute,
  newOption,
  removeAt,
  replaceAt,
} from "./draft";

interface ListProps {
  value: DraftAttribute[];
  onChange: (value: DraftAttribute[]) => void;
  problems: ReadonlyMap<string, string>;
  depth?: number;
  addLabel: string;
}

const MAX_DEPTH = 3;

/** Attributes of a class or of an option, each with options that may hold attributes again. */
export function AttributeList({ value, onChange, problems, depth = 0, addLabel }: ListProps) {
  return (
    <Stack gap="xs">
      {value.map((attribute, index) => (
        <AttributeEditor
          key={attribute.key}
          value={attribute}
          problems={problems}
          depth={depth}
          onChange={(next) => onChange(replaceAt(value, index, next))}
          onRemove={() => onChange(removeAt(value, index))}
          onMove={(by) => onChange(moveAt(value, index, by))}
        />
      ))}
      <Group>
        <Button
          variant="subtle"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange([...value, newAttribute()])}
        >
          {addLabel}
        </Button>
      </Group>
    </Stack>
  );
}

interface EditorProps {
  value: DraftAttribute;
  onChange: (value: DraftAttribute) => void;
  onRemove: () => void;
  onMove: (by: -1 | 1) => void;
  problems: ReadonlyMap<string, string>;
  depth: number;
}

function AttributeEditor({ value, onChange, onRemove, onMove, problems, depth }: EditorProps) {
  if (value.archived) {
    return (
      <Group gap="xs">
        <Badge>{t("common.archived")}</Badge>
        <Text size="sm" c="dimmed">
          {value.name}
        </Text>
        <IconButton
          icon="archive-off"
          label={t("common.restore")}
          onClick={() => onChange({ ...value, archived: false })}
        />
      </Group>
    );
  }
  return (
    <Paper withBorder p="xs">
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <TextInput
          flex={1}
          aria-label={t("ontology.attributeName")}
          placeholder={t("ontology.attributeName")}
          value={value.name}
          error={problems.get(value.key)}
          onChange={(event) => onChange({ ...value, name: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={t("ontology.attributeType")}
          value={value.type}
          w={104}
          onChange={(event) => onChange({ ...value, type: event.currentTarget.value as AttributeType })}
          data={ATTRIBUTE_TYPES.map((type) => ({ value: type, label: tValue("attributeType", type) }))}
        />
        <IconButton icon="arrow-up" label={t("ontology.up")} onClick={() => onMove(-1)} />
        <IconButton icon="arrow-down" label={t("ontology.down")} onClick={() => onMove(1)} />
        <IconButton
          icon={value.id ? "archive" : "trash"}
          label={value.id ? t("common.archive") : t("common.remove")}
          onClick={onRemove}
        />
      </Group>
      <Group mt={8} gap="md">
        <Checkbox
          label={t("common.required")}
          checked={value.required ?? false}
          onChange={(event) => onChange({ ...value, required: event.currentTarget.checked })}
        />
        {depth === 0 && (
          <TextInput
            size="xs"
            aria-label={t("ontology.attributeSkill")}
            placeholder={t("ontology.attributeSkill")}
            value={value.skill ?? ""}
            onChange={(event) => onChange({ ...value, skill: event.currentTarget.value || null })}
          />
        )}
      </Group>
      {hasOptions(value.type) && (
        <OptionList
          value={value.options}
          onChange={(options) => onChange({ ...value, options })}
          problems={problems}
          depth={depth}
        />
      )}
    </Paper>
  );
}

interface OptionsProps {
  value: DraftOption[];
  onChange: (value: DraftOption[]) => void;
  problems: ReadonlyMap<string, string>;
  depth: number;
}

function OptionList({ value, onChange, problems, depth }: OptionsProps) {
  return (
    <Stack gap={6} mt={8} pl="sm">
      {value.map((option, index) => (
        <OptionEditor
          key={option.key}
          value={option}
          problems={problems}
          depth={depth}
          onChange={(next) => onChange(replaceAt(value, index, next))}
          onRemove={() => onChange(removeAt(value, index))}
        />
      ))}
      <Group>
        <Button
          variant="subtle"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange([...value, newOption()])}
        >
          {t("ontology.addOption")}
        </Button>
      </Group>
    </Stack>
  );
}

interface OptionProps {
  value: DraftOption;
  onChange: (value: DraftOption) => void;
  onRemove: () => void;
  problems: ReadonlyMap<string, string>;
  depth: number;
}

function OptionEditor({ value, onChange, onRemove, problems, depth }: OptionProps) {
  if (value.archived) {
    return (
      <Group gap="xs">
        <Badge>{t("common.archived")}</Badge>
        <Text size="sm" c="dimmed">
          {value.value}
        </Text>
        <IconButton
          icon="archive-off"
          label={t("common.restore")}
          onClick={() => onChange({ ...value, archived: false })}
        />
      </Group>
    );
  }
  return (
    <div>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <TextInput
          flex={1}
          aria-label={t("ontology.option")}
          placeholder={t("ontology.option")}
          value={value.value}
          error={problems.get(value.key)}
          onChange={(event) => onChange({ ...value, value: event.currentTarget.value })}
        />
        {depth < MAX_DEPTH && value.attributes.length === 0 && (
          <IconButton
            icon="git-branch"
            label={t("ontology.nest")}
            onClick={() => onChange({ ...value, attributes: [newAttribute()] })}
          />
        )}
        <IconButton
          icon={value.id ? "archive" : "x"}
          label={value.id ? t("common.archive") : t("common.remove")}
          onClick={onRemove}
        />
      </Group>
      {value.attributes.length > 0 && (
        <div style={{ paddingInlineStart: 16, marginTop: 6 }}>
          <AttributeList
            value={value.attributes}
            problems={problems}
            depth={depth + 1}
            addLabel={t("ontology.addNested", { option: value.value || "…" })}
            onChange={(attributes) => onChange({ ...value, attributes })}
          />
        </div>
      )}
    </div>
  );
}
