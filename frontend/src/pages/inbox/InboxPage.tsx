import { Button, Group, Paper, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { InboxEntry } from "../../api/types";
import { t, tValue } from "../../app/t";
import { IconButton, Time } from "../../ui/bits";
import { LinkButton } from "../../ui/links";
import { More } from "../../ui/More";
import { Page } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import classes from "./InboxPage.module.css";

function Entry({ entry, onRead }: { entry: InboxEntry; onRead: () => void }) {
  const unread = entry.read_at === null;
  return (
    <Paper withBorder px="sm" py={8} className={classes.entry} data-unread={unread || undefined}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div>
          <Group gap={6}>
            {entry.actor_name && <Text size="sm">{entry.actor_name}</Text>}
            <Text size="sm" fw={unread ? 600 : 400}>
              {tValue("inbox.kind", entry.kind)}
            </Text>
            <Text size="xs" c="dimmed">
              <Time at={entry.created_at} />
            </Text>
          </Group>
          <Text size="sm" c={entry.text ? undefined : "dimmed"}>
            {[entry.task_name, entry.text].filter(Boolean).join(": ")}
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap">
          {unread && <IconButton icon="check" label={t("inbox.read")} onClick={onRead} />}
          {entry.task && entry.project && (
            <LinkButton
              to="/projects/$project/tasks/$task"
              params={{ project: entry.project, task: entry.task }}
              variant="default"
              onClick={() => unread && onRead()}
            >
              {t("common.open")}
            </LinkButton>
          )}
        </Group>
      </Group>
    </Paper>
  );
}

export default function InboxPage() {
  const [unreadOnly, setUnreadOnly] = useState(false);
  const list = useKeyset<InboxEntry>(keys.inbox, "/my/inbox/", { limit: 50, unread: unreadOnly ? true : null });
  const read = useAction((ids: number[]) => api.post("/my/inbox/read/", { ids }), { forget: [keys.inbox] });
  const shown = list.rows;
  const unread = list.rows.filter((entry) => entry.read_at === null).map(({ id }) => id);
  return (
    <Page
      title={t("inbox.title")}
      hint={t("inbox.hint")}
      narrow
      actions={
        <>
          <Switch
            size="xs"
            label={t("inbox.unread")}
            checked={unreadOnly}
            onChange={(event) => setUnreadOnly(event.currentTarget.checked)}
          />
          <Button
            variant="default"
            disabled={unread.length === 0}
            loading={read.busy}
            onClick={() => read.run(unread.slice(0, 1_000))}
          >
            {t("inbox.readAll")}
          </Button>
        </>
      }
    >
      {list.loading && <Loading />}
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {!list.loading && !list.error && shown.length === 0 && (
        <Empty icon="inbox" title={t("inbox.none")} hint={t("inbox.noneHint")} />
      )}
      <Stack gap={6}>
        {shown.map((entry) => (
          <Entry key={entry.id} entry={entry} onRead={() => read.run([entry.id])} />
        ))}
      </Stack>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Page>
  );
}
