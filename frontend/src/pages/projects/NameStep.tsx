import { TextInput } from "@mantine/core";
import { t } from "../../app/t";
import type { StepProps } from "./useNewProject";

export function NameStep({ draft, change, error, onEnter }: StepProps & { error?: string; onEnter: () => void }) {
  return (
    <TextInput
      size="sm"
      label={t("wizard.nameLabel")}
      description={t("wizard.nameHint")}
      value={draft.name}
      error={error}
      maxLength={200}
      autoFocus
      onChange={(event) => change({ name: event.currentTarget.value })}
      onKeyDown={(event) => event.key === "Enter" && onEnter()}
    />
  );
}
