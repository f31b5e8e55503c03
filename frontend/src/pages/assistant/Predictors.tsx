import { Button, CopyButton, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { usePredictionModels } from "../../api/inference";
import { keys } from "../../api/keys";
import type { Job, ModelVersion } from "../../api/types";
import { workflowQuery } from "../../api/workflows";
import { IconButton, STAGE_ICON, Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { LinkButton } from "../../ui/links";
import { Loaded } from "../../ui/states";
import { useStart } from "../../ui/useStart";
import { JobReport } from "./JobReport";
import { say } from "./messages";
import { type ModelStage, modelStages, nameOf } from "./stages";

const KINDS = ["inference.prelabel"];

interface Result {
  tasks?: number;
  labels?: number;
  skipped?: number;
  not_carried?: { detail: string }[];
  not_carried_count?: number;
}

function Report({ job }: { job: Job }) {
  const { tasks = 0, labels = 0, skipped = 0, not_carried = [], not_carried_count = 0 } = (job.result ?? {}) as Result;
  const trouble = not_carried_count > 0 ? say("notCarried", { count: not_carried_count }) : null;
  return (
    <JobReport trouble={trouble} troubles={not_carried}>
      {say("prelabeled", { tasks, labels })} {skipped > 0 && say("skipped", { count: skipped })}
    </JobReport>
  );
}

interface StagesProps {
  project: string;
  stages: readonly ModelStage[];
  models: readonly ModelVersion[];
}

/** The stages that have a model, and pre-labels at once for what waits there now. */
function Stages({ project, stages, models }: StagesProps) {
  const client = useQueryClient();
  const { start, job, running, onEnd } = useStart(project, "prelabel", KINDS);
  const ended = (done: Job) => {
    onEnd(done);
    void client.invalidateQueries({ queryKey: keys.predictionModels(project) });
  };
  return (
    <>
      <Table aria-label={say("prelabels")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("stage")}</Table.Th>
            <Table.Th>{say("predictor")}</Table.Th>
            <Table.Th aria-label={say("prelabel")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stages.map((stage) => (
            <Table.Tr key={stage.id}>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  <Icon name={STAGE_ICON[stage.does === "prelabel" ? "annotate" : "agent"]} size={14} />
                  <Text size="sm">{stage.title}</Text>
                </Group>
              </Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {stage.model ? nameOf(models, stage.model) : say("ofEditor")}
                {stage.named && (
                  <Text size="xs" c="dimmed">
                    {say("everythingAs", { class: stage.named })}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right">
                {stage.does === "prelabel" ? (
                  <Button
                    variant="default"
                    size="compact-xs"
                    loading={start.busy}
                    disabled={running}
                    aria-label={say("prelabelOf", { stage: stage.title })}
                    onClick={() => start.run({ stage: stage.id })}
                  >
                    {say("prelabel")}
                  </Button>
                ) : (
                  <Text size="xs" c="dimmed">
                    {say("byItself")}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {job && (
        <JobProgress key={job} id={job} title={say("prelabeling")} onEnded={ended}>
          {(done) => <Report job={done} />}
        </JobProgress>
      )}
    </>
  );
}

function NoStages({ project }: { project: string }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {say("prelabelsNone")}
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        {say("prelabelsNoneHint")}
      </Text>
      <LinkButton to="/projects/$project/workflow" params={{ project }} variant="default">
        {say("openWorkflow")}
      </LinkButton>
    </div>
  );
}

/** The models that a stage may name; the id is what a config takes for certain. */
function Available({ models }: { models: readonly ModelVersion[] }) {
  return (
    <div>
      <Text size="xs" fw={600} mb={2}>
        {say("predictors")}
      </Text>
      {models.length === 0 && (
        <Text size="xs" c="dimmed">
          {say("predictorsNone")}
        </Text>
      )}
      {models.map((model) => (
        <Group key={model.id} gap={4} wrap="nowrap" justify="space-between">
          <Text size="sm" truncate>
            {model.name}
            <Text span size="xs" c="dimmed">
              {" "}
              {model.family}
            </Text>
          </Text>
          <CopyButton value={model.id}>
            {({ copied, copy }) => (
              <IconButton icon={copied ? "check" : "copy"} label={say("copyId", { name: model.name })} onClick={copy} />
            )}
          </CopyButton>
        </Group>
      ))}
    </div>
  );
}

/** Whose predictions the project holds, for quality to weigh. */
function Kept({ project }: { project: string }) {
  const query = usePredictionModels(project);
  return (
    <div>
      <Text size="xs" fw={600} mb={2}>
        {say("predictions")}
      </Text>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="xs" c="dimmed">
              {say("predictionsNone")}
            </Text>
          ) : (
            rows.map((row) => (
              <Text key={row.id} size="sm" truncate>
                {row.name} {row.version.slice(0, 12)}{" "}
                <Text span size="xs" c="dimmed">
                  {row.out_of_sample !== null && `${say(row.out_of_sample ? "outOfSample" : "inSample")} · `}
                  <Time at={row.created_at} />
                </Text>
              </Text>
            ))
          )
        }
      </Loaded>
    </div>
  );
}

/** Models that label ahead of people. */
export function Predictors({ project, models }: { project: string; models: readonly ModelVersion[] }) {
  const workflow = useQuery(workflowQuery(project));
  const predictors = models.filter(
    (model) => model.kind === "predictor" && (model.project === null || model.project === project),
  );
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {say("prelabelsHint")}
        </Text>
        <Loaded query={workflow}>
          {({ graph }) => {
            const stages = modelStages(graph);
            return stages.length > 0 ? (
              <Stages project={project} stages={stages} models={models} />
            ) : (
              <NoStages project={project} />
            );
          }}
        </Loaded>
        <Available models={predictors} />
        <Kept project={project} />
      </Stack>
    </Paper>
  );
}
