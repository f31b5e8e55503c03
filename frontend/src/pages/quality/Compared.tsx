import { Alert, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { api } from "../../api/client";
import { useModels } from "../../api/inference";
import { keys } from "../../api/keys";
import { qualityKey, qualityPath, useQuality } from "../../api/quality";
import type { ModelVersion, QualityCuration, QualitySettings } from "../../api/types";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { FormErrors, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";

/** What needs no model. */
const PLAIN = "layout-1";
const METHODS = { segmenter: "sam", embedder: "onnx" } as const;

/** The ways to compare images, as the settings name them: without a model, or by what one sees. */
function choices(models: readonly ModelVersion[]): { value: string; label: string }[] {
  const described = models.flatMap(({ id, kind, name }) =>
    kind === "predictor" ? [] : [{ value: `${METHODS[kind]}:${id}`, label: name }],
  );
  return [{ value: PLAIN, label: say("comparedPlain") }, ...described];
}

function Choice({ project, curation }: { project: string; curation: QualityCuration }) {
  const models = useModels().data ?? [];
  const save = useAction(
    (embedding: string) => api.patch<QualitySettings>(qualityPath(project, "settings/"), { embedding }),
    { fields: ["embedding"], forget: [qualityKey(project), keys.projectJobs(project)], done: t("common.saved") },
  );
  const all = choices(models);
  const { embedding } = curation;
  const listed = all.some(({ value }) => value === embedding);
  return (
    <Stack gap="xs" mb="md">
      <FormErrors errors={save.errors} />
      {curation.trouble && (
        <Alert color="yellow" icon={<Icon name="alert-triangle" />}>
          {curation.trouble}
        </Alert>
      )}
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label={say("comparedBy")}
          value={embedding}
          disabled={save.busy}
          error={save.fieldErrors.embedding}
          data={listed ? all : [...all, { value: embedding, label: say("modelGone") }]}
          onChange={(event) => save.run(event.currentTarget.value)}
        />
        <Text size="xs" c="dimmed" pb={7}>
          {say("comparedNow", { name: curation.name, images: curation.images, crops: curation.crops })}
          {!curation.current && ` ${say("comparedNext")}`}
        </Text>
      </Group>
    </Stack>
  );
}

/** By what images and crops are held beside each other, and how many of them are known. */
export function Compared({ project }: { project: string }) {
  return (
    <Loaded query={useQuality<QualityCuration>(project, "curate/")}>
      {(curation) => <Choice project={project} curation={curation} />}
    </Loaded>
  );
}
