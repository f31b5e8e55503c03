import { Text, Timeline } from "@mantine/core";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { TaskEvent } from "../../api/types";
import { useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { Time } from "../../ui/bits";
import { Icon, type IconName } from "../../ui/Icon";
import { More } from "../../ui/More";
import { Failed, Loading } from "../../ui/states";

const ICONS: [RegExp, IconName][] = [
  [/^reject/, "x"],
  [/^approv|^complet/, "check"],
  [/^claim|^assign/, "user"],
  [/^rout|^select|^branch/, "git-branch"],
  [/^skip|^releas|^expire|^recall/, "arrow-back-up"],
  [/^archiv/, "archive"],
];

const iconOf = (action: string): IconName => ICONS.find(([pattern]) => pattern.test(action))?.[1] ?? "arrow-right";

function EventBody({ event }: { event: TaskEvent }) {
  const moved = event.to_stage && event.from_stage !== event.to_stage;
  return (
    <>
      {(moved || event.outcome) && (
        <Text size="sm">
          {moved ? `${event.from_stage ?? "·"} → ${event.to_stage}` : event.stage}
          {event.outcome && ` (${event.outcome})`}
        </Text>
      )}
      {event.reason && <Text size="sm">“{event.reason}”</Text>}
      <Text size="xs" c="dimmed" component="div">
        <Time at={event.at} />
        {event.label_revision > 0 && ` · ${t("history.revision", { revision: event.label_revision })}`}
      </Text>
    </>
  );
}

/** Everything that happened to a task, oldest first. */
export function Events({ task }: { task: string }) {
  const me = useMe();
  const list = useKeyset<TaskEvent>(keys.history(task), `/tasks/${task}/history/`, { limit: 100 });
  if (list.loading) return <Loading />;
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (list.rows.length === 0) return <Text c="dimmed">{t("history.none")}</Text>;
  return (
    <>
      <Timeline bulletSize={22} lineWidth={2} active={list.rows.length}>
        {list.rows.map((event) => (
          <Timeline.Item
            key={event.sequence}
            bullet={<Icon name={iconOf(event.action)} size={12} />}
            title={
              <Text size="sm" fw={600} component="span">
                {tValue("action", event.action)}{" "}
                {event.actor && (
                  <Text span size="sm" fw={400}>
                    {event.actor_name}
                    {event.actor === me.id && ` (${t("common.you")})`}
                  </Text>
                )}
              </Text>
            }
          >
            <EventBody event={event} />
          </Timeline.Item>
        ))}
      </Timeline>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </>
  );
}
