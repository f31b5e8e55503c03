import { Checkbox, Group, TextInput } from "@mantine/core";
import { t } from "../../app/t";
import type { ImportedModel } from "./formats";

interface Props {
  model: ImportedModel;
  error: string | undefined;
  onChange: (model: ImportedModel) => void;
}

/** Whose predictions a file holds. */
export function ModelFields({ model, error, onChange }: Props) {
  return (
    <>
      <Group grow align="start">
        <TextInput
          size="xs"
          label={t("transfer.model")}
          value={model.name}
          error={error}
          onChange={(event) => onChange({ ...model, name: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          label={t("transfer.version")}
          value={model.version}
          onChange={(event) => onChange({ ...model, version: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          label={t("transfer.trainedOn")}
          placeholder={t("transfer.trainedOnHint")}
          value={model.trained_on}
          onChange={(event) => onChange({ ...model, trained_on: event.currentTarget.value })}
        />
      </Group>
      <Checkbox
        size="xs"
        label={t("transfer.outOfSample")}
        checked={model.out_of_sample}
        onChange={(event) => onChange({ ...model, out_of_sample: event.currentTarget.checked })}
      />
    </>
  );
}
