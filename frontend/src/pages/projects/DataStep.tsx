import { Button, Group, MultiSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Dataset } from "../../api/types";
import { t } from "../../app/t";
import { useAction } from "../../ui/useAction";
import { useOptions } from "../../ui/useOptions";
import { Uploader } from "../datasets/Uploader";
import type { StepProps } from "./useNewProject";

/** Choose datasets, or upload images into a new one right here. */
export function DataStep({ draft, change }: StepProps) {
  const { choices } = useOptions<Dataset>(keys.datasets, "/datasets/");
  const [made, setMade] = useState<Dataset | null>(null);
  const create = useAction(() => api.post<Dataset>("/datasets/", { name: draft.name }), {
    forget: [keys.datasets],
    onDone: (dataset) => {
      setMade(dataset);
      change({ datasets: [...draft.datasets, dataset.id] });
    },
  });
  return (
    <Stack gap="md">
      <MultiSelect
        // The part keeps the names it was first given; a new dataset has to be among them.
        key={choices.length}
        label={t("wizard.datasets")}
        description={t("wizard.datasetsHint")}
        data={choices}
        value={draft.datasets}
        onChange={(datasets) => change({ datasets })}
        searchable
      />
      {made ? (
        <Uploader dataset={made.id} />
      ) : (
        <Group gap="sm">
          <Button variant="default" loading={create.busy} onClick={() => create.run(undefined)}>
            {t("wizard.newDataset")}
          </Button>
          <Text size="xs" c="dimmed">
            {t("wizard.newDatasetHint")}
          </Text>
        </Group>
      )}
    </Stack>
  );
}
