import { Alert, Button, FileButton, Group, List, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useRef, useState } from "react";
import { csrfToken } from "../../api/client";
import { keys } from "../../api/keys";
import { describeError } from "../../app/errors";
import { percent } from "../../app/format";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import classes from "./Uploader.module.css";
import { type UploadProgress, upload } from "./upload";

function Report({ progress }: { progress: UploadProgress }) {
  return (
    <Stack gap={4}>
      <Text size="sm">
        {t("upload.created", { count: progress.created })}
        {progress.existing > 0 && ` · ${t("upload.existing", { count: progress.existing })}`}
      </Text>
      {progress.errors.length > 0 && (
        <Alert color="red" title={t("upload.refused", { count: progress.errors.length })}>
          <List size="xs" className={classes.errors}>
            {progress.errors.map((error, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name; the list only grows.
              <List.Item key={index}>
                <b>{error.name}</b>: {error.detail}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

/** Images by drop or by choice, with progress and a word on every file that was refused. */
export function Uploader({ dataset }: { dataset: string }) {
  const client = useQueryClient();
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  const start = async (files: File[]) => {
    if (files.length === 0 || running.current) return;
    const abort = new AbortController();
    running.current = abort;
    setBusy(true);
    setError(null);
    try {
      setProgress(await upload({ dataset, files, signal: abort.signal, onProgress: setProgress, csrf: csrfToken }));
    } catch (thrown) {
      if (!abort.signal.aborted) setError(describeError(thrown));
    } finally {
      running.current = null;
      setBusy(false);
      void client.invalidateQueries({ queryKey: keys.dataset(dataset) });
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void start([...event.dataTransfer.files]);
  };
  return (
    <Stack gap="sm">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button inside is the first. */}
      <div
        className={classes.zone}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Group justify="center" gap="sm">
          <Icon name="upload" size={20} />
          <Text size="sm">{t("upload.drop")}</Text>
          <FileButton multiple accept="image/*" onChange={(files) => void start(files)} disabled={busy}>
            {(props) => (
              <Button {...props} variant="default">
                {t("upload.choose")}
              </Button>
            )}
          </FileButton>
        </Group>
      </div>
      {busy && progress && (
        <Group gap="sm" wrap="nowrap">
          <Progress
            flex={1}
            animated
            value={percent(progress.sentBytes, progress.allBytes)}
            aria-label={t("upload.progress")}
          />
          <Text size="xs" ff="monospace">
            {percent(progress.sentBytes, progress.allBytes)} %
          </Text>
          <Button variant="default" onClick={() => running.current?.abort()}>
            {t("common.cancel")}
          </Button>
        </Group>
      )}
      <div aria-live="polite">
        {error && <Alert color="red">{error}</Alert>}
        {progress && <Report progress={progress} />}
      </div>
    </Stack>
  );
}
