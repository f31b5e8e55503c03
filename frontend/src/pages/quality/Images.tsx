import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { qualityKey, useQualityList, useQualitySummary } from "../../api/quality";
import type { Job, QualityTaskScore } from "../../api/types";
import { JobProgress } from "../../ui/JobProgress";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed, FormErrors, Loaded, Loading } from "../../ui/states";
import { useStart } from "../../ui/useStart";
import { Compared } from "./Compared";
import { Duplicates } from "./Duplicates";
import { metricWords, say } from "./messages";
import { Pictures } from "./Pictures";
import { Similar } from "./Similar";

const KINDS = ["quality.curate"];
const FIRST = "image.blur";

/** Describes the images, checks them and finds copies; shows what is under way. */
function Compute({ project }: { project: string }) {
  const client = useQueryClient();
  const { start, job, running, onEnd } = useStart(project, "quality/curate", KINDS, []);
  const ended = (done: Job) => {
    onEnd(done);
    void client.invalidateQueries({ queryKey: qualityKey(project) });
  };
  return (
    <Stack gap="xs" mb="md">
      <FormErrors errors={start.errors} />
      {!running && (
        <Group justify="space-between">
          <Text size="sm" c="dimmed" flex={1} miw={200}>
            {say("curateHint")}
          </Text>
          <Button variant="default" loading={start.busy} onClick={() => start.run({})}>
            {say("curate")}
          </Button>
        </Group>
      )}
      {job && (
        <JobProgress key={job} id={job} title={say("curating")} onEnded={ended}>
          {() => <Text size="sm">{say("curated")}</Text>}
        </JobProgress>
      )}
    </Stack>
  );
}

function Ordered({ project, metrics, onOpen }: { project: string; metrics: string[]; onOpen: (unit: Unit) => void }) {
  const [metric, setMetric] = useState(metrics.includes(FIRST) ? FIRST : (metrics[0] ?? ""));
  const [ordering, setOrdering] = useState("-value");
  const list = useQualityList<QualityTaskScore>(project, "tasks/", { metric, ordering, limit: 24 });
  return (
    <Section
      title={say("imageMetrics")}
      actions={
        <>
          <NativeSelect
            aria-label={say("metric")}
            value={metric}
            onChange={(event) => setMetric(event.currentTarget.value)}
            data={metrics.map((value) => ({ value, label: metricWords(value) }))}
          />
          <NativeSelect
            aria-label={say("ordering")}
            value={ordering}
            onChange={(event) => setOrdering(event.currentTarget.value)}
            data={[
              { value: "-value", label: say("highest") },
              { value: "value", label: say("lowest") },
            ]}
          />
        </>
      }
    >
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.loading && <Loading />}
      {!list.loading && list.rows.length === 0 && !list.error && (
        <Text size="sm" c="dimmed">
          {say("noValues")}
        </Text>
      )}
      <Pictures
        project={project}
        onOpen={onOpen}
        rows={list.rows.map((row) => ({
          ...row,
          words: row.value.toFixed(2),
          hint: row.evidence,
        }))}
      />
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Section>
  );
}

interface Unit {
  data_unit: string;
  name: string;
}

/** Copies, odd images, and what looks alike. */
export default function Images({ project }: { project: string }) {
  const [like, setLike] = useState<Unit | null>(null);
  return (
    <Loaded query={useQualitySummary(project)}>
      {({ metrics }) => (
        <>
          <Compute project={project} />
          <Compared project={project} />
          <Duplicates project={project} onOpen={setLike} />
          <Ordered
            project={project}
            onOpen={setLike}
            metrics={metrics
              .map(({ name }) => name)
              .filter((name) => name.startsWith("image.") || name === "uniqueness" || name === "representativeness")}
          />
          {like && <Similar project={project} unit={like} onOpen={setLike} onClose={() => setLike(null)} />}
        </>
      )}
    </Loaded>
  );
}
