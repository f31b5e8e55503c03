import { Button, Checkbox, Group, NativeSelect, Paper, Stack } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { jobId } from "../../api/jobs";
import { useStages } from "../../api/projects";
import type { Job, TaskStatus } from "../../api/types";
import { t, tValue } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { STATUSES } from "../tasks/filters";
import { FORMATS, type Format } from "./formats";

interface Props {
  project: string;
  onStarted: (job: string) => void;
}

export function ExportForm({ project, onStarted }: Props) {
  const [format, setFormat] = useState<Format>("coco");
  const [media, setMedia] = useState(false);
  const [status, setStatus] = useState<TaskStatus | "">("complete");
  const [stage, setStage] = useState("");
  const stages = useStages(project).data?.stages ?? [];
  const filter = { ...(status && { status }), ...(stage && { stage }) };
  const start = useAction(
    async () => {
      const { data, headers } = await api.send<Job>("POST", `/projects/${project}/exports/`, {
        body: { format, include_media: media, ...(Object.keys(filter).length > 0 && { filter }) },
      });
      return data?.id ?? jobId(headers.get("Location")) ?? "";
    },
    { fields: [], onDone: onStarted },
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FormErrors errors={start.errors} />
        <NativeSelect
          label={t("transfer.format")}
          description={t(`format.${format}.hint`)}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={format}
          onChange={(event) => setFormat(event.currentTarget.value as Format)}
          data={FORMATS.map((value) => ({ value, label: t(`format.${value}`) }))}
        />
        <Group grow>
          <NativeSelect
            label={t("tasks.status")}
            value={status}
            onChange={(event) => setStatus(event.currentTarget.value as TaskStatus | "")}
            data={[
              { value: "", label: t("tasks.anyStatus") },
              ...STATUSES.map((value) => ({ value, label: tValue("status", value) })),
            ]}
          />
          <NativeSelect
            label={t("tasks.stage")}
            value={stage}
            onChange={(event) => setStage(event.currentTarget.value)}
            data={[
              { value: "", label: t("tasks.anyStage") },
              ...stages.map(({ id, title }) => ({ value: id, label: title })),
            ]}
          />
        </Group>
        <Checkbox
          label={t("transfer.media")}
          checked={media}
          onChange={(event) => setMedia(event.currentTarget.checked)}
        />
        <Group>
          <Button loading={start.busy} onClick={() => start.run(undefined)}>
            {t("transfer.export")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
