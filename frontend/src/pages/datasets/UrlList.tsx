import { Alert, Button, Group, List, Stack, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { jobId } from "../../api/jobs";
import { keys } from "../../api/keys";
import type { Job, UploadError } from "../../api/types";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";

/** One address a line; blank lines and repetitions fall away. */
export const readUrls = (text: string): string[] => [...new Set(text.split(/\s+/).filter(Boolean))];

const errorsOf = (job: Job): UploadError[] =>
  Array.isArray(job.result?.errors) ? (job.result.errors as UploadError[]) : [];

function Outcome({ job }: { job: Job }) {
  const errors = errorsOf(job);
  if (errors.length === 0) return null;
  return (
    <Alert color="red" title={t("upload.refused", { count: errors.length })}>
      <List size="xs">
        {errors.map((error, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an ended job's list does not change.
          <List.Item key={index}>
            <b>{error.name}</b>: {error.detail}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

/** Images that the server fetches itself, as a job. */
export function UrlList({ dataset }: { dataset: string }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const urls = readUrls(text);
  const start = useAction(
    async () => {
      const { data, headers } = await api.send<Job>("POST", `/datasets/${dataset}/data-units/`, {
        body: { items: urls.map((url) => ({ url })) },
      });
      return data?.id ?? jobId(headers.get("Location"));
    },
    { fields: ["items"], onDone: () => setText("") },
  );
  return (
    <Stack gap="sm">
      <FormErrors errors={start.errors} />
      <Textarea
        label={t("upload.urlsLabel")}
        description={t("upload.urlsHint")}
        autosize
        minRows={4}
        maxRows={12}
        value={text}
        error={start.fieldErrors.items}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group>
        <Button loading={start.busy} disabled={urls.length === 0} onClick={() => start.run(undefined)}>
          {t("upload.fetch", { count: urls.length })}
        </Button>
      </Group>
      {start.data && (
        <JobProgress
          id={start.data}
          title={t("upload.fetching")}
          onSucceeded={() => void client.invalidateQueries({ queryKey: keys.dataset(dataset) })}
        >
          {(job) => <Outcome job={job} />}
        </JobProgress>
      )}
    </Stack>
  );
}
