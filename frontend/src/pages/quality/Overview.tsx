import { Alert, Button, Group, List, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useQualitySummary } from "../../api/quality";
import type { QualityRun, QualitySummary } from "../../api/types";
import { Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { LinkButton } from "../../ui/links";
import { Empty, Loaded } from "../../ui/states";
import { GridLink } from "./GridLink";
import { LikelyWrong } from "./LikelyWrong";
import { kindWords, say } from "./messages";
import { Bars } from "./plots/Bars";
import { Histogram } from "./plots/Histogram";
import { count } from "./plots/scale";
import { RouteDialog } from "./RouteDialog";
import { Routings } from "./Routings";
import { ScoreNow } from "./ScoreNow";
import { Tile } from "./Tile";

const TOP = 8;

function Tiles({ run, calibrated }: { run: QualityRun; calibrated: boolean }) {
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm" mb="md">
      <Tile
        name={say("expectedErrors")}
        value={count(run.expected_errors)}
        hint={say("ofLabels", { count: run.labels })}
      />
      <Tile
        name={say("expectedMissing")}
        value={count(run.expected_missing)}
        hint={say("inTasks", { count: run.tasks })}
      />
      <Tile
        name={say("probabilities")}
        value={say(calibrated ? "calibratedShort" : "uncalibratedShort")}
        hint={say(calibrated ? "calibrated" : "uncalibrated")}
      />
      <Tile
        name={say("model")}
        value={run.model ?? say("noModel")}
        hint={
          <>
            {say("scoredAt")} <Time at={run.finished_at} />
          </>
        }
      />
    </SimpleGrid>
  );
}

function Doubtful({ project, run }: { project: string; run: QualityRun }) {
  const [threshold, setThreshold] = useState(0.5);
  const [routing, setRouting] = useState(false);
  const bins = run.task_histogram;
  const above = bins.filter((_, place) => place / bins.length >= threshold - 1e-9).reduce((sum, one) => sum + one, 0);
  return (
    <Stack gap="xs">
      <Histogram bins={bins} from={threshold} title={say("tasksBy")} hint={say("tasksByHint")} />
      <Slider
        min={0}
        max={1}
        step={1 / Math.max(1, bins.length)}
        value={threshold}
        onChange={setThreshold}
        label={(value) => value.toFixed(2)}
        thumbLabel={say("rule_threshold")}
      />
      <Group justify="space-between">
        <Text size="sm">{say("above", { count: above, of: run.tasks, threshold: threshold.toFixed(2) })}</Text>
        <Button leftSection={<Icon name="send" size={14} />} onClick={() => setRouting(true)}>
          {say("route")}
        </Button>
      </Group>
      {routing && (
        <RouteDialog project={project} threshold={Number(threshold.toFixed(2))} onClose={() => setRouting(false)} />
      )}
    </Stack>
  );
}

function Parts({ project, run, calibrated }: { project: string; run: QualityRun; calibrated: boolean }) {
  return (
    <>
      <Tiles run={run} calibrated={calibrated} />
      {run.warnings.length > 0 && (
        <Alert color="yellow" title={say("warnings")} icon={<Icon name="alert-triangle" />} mb="md">
          <List size="sm">
            {run.warnings.map((text) => (
              <List.Item key={text}>{text}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" mb="lg">
        <Doubtful project={project} run={run} />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="lg">
          <Bars
            title={say("byKind")}
            rows={run.by_kind.slice(0, TOP).map(({ name, expected }) => ({
              key: name,
              value: expected,
              name:
                name === "none" ? (
                  say("noKind")
                ) : (
                  <GridLink project={project} kind={name}>
                    {kindWords(name)}
                  </GridLink>
                ),
            }))}
          />
          <Bars
            title={say("byClass")}
            {...(run.expected_missing > 0 && { hint: say("byClassHint") })}
            rows={run.by_class.slice(0, TOP).map(({ name, expected }) => ({
              key: name,
              value: expected,
              name: (
                <GridLink project={project} class={name}>
                  {name}
                </GridLink>
              ),
            }))}
          />
        </SimpleGrid>
      </SimpleGrid>
      <LikelyWrong project={project} />
      <Routings project={project} />
    </>
  );
}

function Nothing({ project, models }: { project: string; models: number }) {
  return (
    <Empty
      icon="search"
      title={say("notScored")}
      hint={say(models > 0 ? "notScoredHint" : "noPredictionsHint")}
      action={
        <Group justify="center" align="flex-start">
          {models === 0 && (
            <LinkButton to="/projects/$project/transfer" params={{ project }}>
              {say("bringPredictions")}
            </LinkButton>
          )}
          <div>
            <ScoreNow project={project} first={models > 0} />
          </div>
        </Group>
      }
    />
  );
}

function Standing({ project, summary }: { project: string; summary: QualitySummary }) {
  if (!summary.run) return <Nothing project={project} models={summary.models} />;
  return (
    <>
      <Group justify="flex-end" mb="sm">
        <ScoreNow project={project} />
      </Group>
      <Parts project={project} run={summary.run} calibrated={summary.calibrated} />
    </>
  );
}

/** How many labels are likely wrong, which, and where to send them. */
export default function Overview({ project }: { project: string }) {
  return (
    <Loaded query={useQualitySummary(project)}>{(summary) => <Standing project={project} summary={summary} />}</Loaded>
  );
}
