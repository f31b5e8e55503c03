import { Button, FileInput, Group, NativeSelect, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { jobId } from "../../api/jobs";
import { keys } from "../../api/keys";
import type { Job } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import {
  FORMATS,
  type Format,
  type ImportedModel,
  KINDS,
  type Kind,
  MATCHES,
  type Match,
  modelField,
  PREDICTION_FORMATS,
} from "./formats";
import { ModelFields } from "./ModelFields";

interface Props {
  project: string;
  onStarted: (job: string) => void;
}

export function ImportForm({ project, onStarted }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState<Kind>("labels");
  const [model, setModel] = useState<ImportedModel>({ name: "", version: "", trained_on: "", out_of_sample: false });
  const [format, setFormat] = useState<Format>("coco");
  const [match, setMatch] = useState<Match>("file_name");
  const [mode, setMode] = useState("add");
  const [onError, setOnError] = useState("keep");
  const predicted = kind === "predictions";
  const choose = (next: Kind) => {
    setKind(next);
    if (next === "predictions" && !PREDICTION_FORMATS.includes(format)) setFormat("coco");
  };
  const start = useAction(
    async () => {
      const body = new FormData();
      if (file) body.append("file", file, file.name);
      for (const [name, value] of Object.entries({ format, kind, mode, on_error: onError, match }))
        body.append(name, value);
      if (predicted) body.append("model", modelField(model));
      const { data, headers } = await api.send<Job>("POST", `/projects/${project}/imports/`, { body });
      return data?.id ?? jobId(headers.get("Location")) ?? "";
    },
    {
      fields: ["file", "format", "match", "model"],
      forget: [keys.tasks(project)],
      onDone: (id) => {
        setFile(null);
        onStarted(id);
      },
    },
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FormErrors errors={start.errors} />
        <SegmentedControl
          aria-label={t("transfer.kind")}
          value={kind}
          onChange={(value) => choose(value as Kind)}
          data={KINDS.map((value) => ({ value, label: t(`transfer.kind.${value}`) }))}
        />
        {predicted && <ModelFields model={model} error={start.fieldErrors.model} onChange={setModel} />}
        <FileInput
          size="xs"
          label={t("transfer.file")}
          description={t(predicted ? "transfer.predictionsHint" : "transfer.fileHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          placeholder={t("transfer.choose")}
          value={file}
          error={start.fieldErrors.file}
          onChange={setFile}
          clearable
        />
        <Group grow>
          <NativeSelect
            label={t("transfer.format")}
            value={format}
            error={start.fieldErrors.format}
            onChange={(event) => setFormat(event.currentTarget.value as Format)}
            data={(predicted ? PREDICTION_FORMATS : FORMATS).map((value) => ({ value, label: t(`format.${value}`) }))}
          />
          <NativeSelect
            label={t("transfer.match")}
            value={match}
            error={start.fieldErrors.match}
            onChange={(event) => setMatch(event.currentTarget.value as Match)}
            data={MATCHES.map((value) => ({ value, label: t(`match.${value}`) }))}
          />
        </Group>
        <Group gap="lg">
          <div>
            <Text size="xs" fw={500} mb={4}>
              {t(predicted ? "transfer.modePredictions" : "transfer.mode")}
            </Text>
            <SegmentedControl
              aria-label={t(predicted ? "transfer.modePredictions" : "transfer.mode")}
              value={mode}
              onChange={setMode}
              data={[
                { value: "add", label: t("transfer.mode.add") },
                { value: "replace", label: t("transfer.mode.replace") },
              ]}
            />
          </div>
          <div>
            <Text size="xs" fw={500} mb={4}>
              {t("transfer.onError")}
            </Text>
            <SegmentedControl
              aria-label={t("transfer.onError")}
              value={onError}
              onChange={setOnError}
              data={[
                { value: "keep", label: t("transfer.onError.keep") },
                { value: "refuse", label: t("transfer.onError.refuse") },
              ]}
            />
          </div>
        </Group>
        <Group>
          <Button
            loading={start.busy}
            disabled={!file || (predicted && !model.name.trim())}
            onClick={() => start.run(undefined)}
          >
            {t("transfer.import")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
