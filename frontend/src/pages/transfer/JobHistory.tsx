import { Accordion, Badge, Group, Text } from "@mantine/core";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Job } from "../../api/types";
import { t, tValue } from "../../app/t";
import { Time } from "../../ui/bits";
import { JobProgress } from "../../ui/JobProgress";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed } from "../../ui/states";
import { TransferReport } from "./TransferReport";

const COLOR: Record<Job["state"], string> = {
  queued: "gray",
  running: "lapis",
  succeeded: "green",
  failed: "red",
  cancelled: "gray",
};

/** The project's earlier jobs, each with its report. */
export function JobHistory({ project, shown }: { project: string; shown: readonly string[] }) {
  const list = useKeyset<Job>(keys.projectJobs(project), "/jobs/", { project, limit: 25 });
  const earlier = list.rows.filter(({ id }) => !shown.includes(id));
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (earlier.length === 0) return null;
  return (
    <Section title={t("transfer.history")}>
      <Accordion variant="contained" chevronPosition="left">
        {earlier.map((job) => (
          <Accordion.Item key={job.id} value={job.id}>
            <Accordion.Control>
              <Group gap="sm">
                <Text size="sm">{tValue("jobKind", job.kind)}</Text>
                <Badge variant="dot" color={COLOR[job.state]}>
                  {tValue("job", job.state)}
                </Badge>
                <Text size="xs" c="dimmed">
                  <Time at={job.created_at} />
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <JobProgress id={job.id}>{(loaded) => <TransferReport job={loaded} />}</JobProgress>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Section>
  );
}
