import { Badge, Button, Drawer, Group, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useGridClasses } from "../../api/grid";
import { jobId } from "../../api/jobs";
import { useProject } from "../../api/projects";
import { qualityKey, qualityPath, useQualityList } from "../../api/quality";
import type { Job, QualityMatch } from "../../api/types";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { TextLink } from "../../ui/links";
import { More } from "../../ui/More";
import { Failed, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { GridLink } from "./GridLink";
import { say } from "./messages";
import type { Cell } from "./plots/Confusion";
import { useStages } from "./useStages";

/** What the server calls the row of predictions without a label. */
const NOTHING = "nothing";

export interface At {
  model: string;
  iou: number;
  confidence: number;
  /** One of the parts that the evaluation was made with; all without it. */
  subset?: string | undefined;
}

interface Queued {
  matches: number;
  tasks: number;
}

function Sending({ project, body }: { project: string; body: Record<string, unknown> }) {
  const stages = useStages(project);
  const [chosen, setChosen] = useState("");
  const stage = chosen || stages[0]?.value || "";
  const path = qualityPath(project, "matches/queue/");
  const dry = useQuery({
    queryKey: ["quality-queue", project, body, stage],
    queryFn: ({ signal }) =>
      api.post<Queued>(path, { ...body, to_stage: stage, dry_run: true }, { signal, idempotencyKey: null }),
    enabled: stage !== "",
  });
  const send = useAction(
    async () => {
      const { data, headers } = await api.send<Job>("POST", path, { body: { ...body, to_stage: stage } });
      return data?.id ?? jobId(headers.get("Location"));
    },
    { forget: [qualityKey(project)] },
  );
  if (send.data) return <JobProgress id={send.data} title={say("sending")} />;
  return (
    <Group gap="xs">
      <NativeSelect
        aria-label={say("toStage")}
        data={stages}
        value={stage}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Button loading={send.busy} disabled={!dry.data?.tasks} onClick={() => send.run(undefined)}>
        {say("sendTasks", { count: dry.data?.tasks ?? 0 })}
      </Button>
    </Group>
  );
}

/** The cell as crops: labels, or what nobody labeled. Labels that no model saw are no cell of the grid. */
function CellLink({ project, cell: { label, predicted } }: { project: string; cell: Cell }) {
  const known = (useGridClasses(useProject(project).data?.ontology).data ?? []).map(({ name }) => name);
  if (!known.includes(predicted)) return null;
  const unlabeled = !known.includes(label);
  if (unlabeled && label !== NOTHING) return null;
  return (
    <div>
      <GridLink
        project={project}
        class={unlabeled ? predicted : label}
        {...(unlabeled ? { kind: "missing" } : { predicted })}
      >
        {say("openGrid")}
      </GridLink>
    </div>
  );
}

interface Props {
  project: string;
  at: At;
  cell: Cell;
  onClose: () => void;
}

/** What is behind a cell of the confusions, the surest first, and the way to review for all of it. */
export function Matches({ project, at, cell, onClose }: Props) {
  const asked = { ...at, ...cell };
  const list = useQualityList<QualityMatch>(project, "matches/", { ...asked, limit: 50 });
  return (
    <Drawer
      opened
      onClose={onClose}
      closeButtonProps={{ "aria-label": t("common.close") }}
      position="right"
      size="lg"
      title={say("cellTitle", { ...cell })}
    >
      <Stack gap="sm">
        <Sending project={project} body={asked} />
        <CellLink project={project} cell={cell} />
        {list.error && <Failed error={list.error} />}
        {list.loading && <Loading />}
        <Table aria-label={say("matches")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("image")}</Table.Th>
              <Table.Th ta="right">{say("confidence")}</Table.Th>
              <Table.Th ta="right">IoU</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.rows.map((one) => (
              <Table.Tr key={`${one.task} ${one.prediction?.id} ${one.label?.id}`}>
                <Table.Td>
                  <TextLink to="/projects/$project/tasks/$task" params={{ project, task: one.task }}>
                    {one.data_unit?.name ?? one.task.slice(-6)}
                  </TextLink>{" "}
                  {!one.label && !one.prediction && <Badge>{say("gone")}</Badge>}
                </Table.Td>
                <Table.Td ta="right">{one.confidence?.toFixed(2) ?? "–"}</Table.Td>
                <Table.Td ta="right">{one.iou.toFixed(2)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {!list.loading && list.rows.length === 0 && <Text size="sm">{say("noMatches")}</Text>}
        <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      </Stack>
    </Drawer>
  );
}
