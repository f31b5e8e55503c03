import { Alert, Button, Group, Modal, NativeSelect, Stack, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isProblem } from "../../api/client";
import { keys } from "../../api/keys";
import type { Graph, PublishPlan } from "../../api/types";
import { type PublishedWorkflow, planPublication, publish } from "../../api/workflows";
import { queryClient } from "../../app/queryClient";
import { t } from "../../app/t";
import { Failed, FormErrors, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { removedStages } from "./graphText";

const COLUMNS = ["keep", "move", "later", "blocked"] as const;

interface Props {
  project: string;
  before: PublishedWorkflow;
  graph: Graph;
  onClose: () => void;
  /** With the job that moves tasks, if there is one. */
  onPublished: (job: string | null) => void;
}

function PlanTable({ plan }: { plan: PublishPlan }) {
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table horizontalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("tasks.stage")}</Table.Th>
            {COLUMNS.map((name) => (
              <Table.Th key={name} ta="right">
                {t(`workflow.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {Object.entries(plan.stages).map(([stage, counts]) => (
            <Table.Tr key={stage}>
              <Table.Td>{stage}</Table.Td>
              {COLUMNS.map((name) => (
                <Table.Td key={name} ta="right" fw={name === "blocked" && counts.blocked > 0 ? 700 : undefined}>
                  {counts[name]}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What publishing does to the tasks under way, per stage, before it is done. Removed stages are given another place. */
export function PublishDialog({ project, before, graph, onClose, onPublished }: Props) {
  const gone = removedStages(before.graph, graph);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const etag = before.etag ?? "";
  const body = { graph, ...(Object.keys(mapping).length > 0 && { mapping }) };
  const plan = useQuery({
    queryKey: keys.publishPlan(project, { ...body, etag }),
    queryFn: () => planPublication(project, body, etag),
    retry: false,
    staleTime: 0,
  });
  // Which version somebody else replaced between the plan and the publishing.
  const [passed, setPassed] = useState<string | null>(null);
  const attempt = () =>
    publish(project, body, etag).catch((error: unknown) => {
      if (isProblem(error, 412)) setPassed(etag);
      throw error;
    });
  const act = useAction(attempt, {
    fields: [],
    done: t("workflow.published"),
    onDone: ({ data }) => {
      onPublished(data.job);
      onClose();
      void queryClient.invalidateQueries({ queryKey: keys.project(project) });
    },
  });
  const blocked = Object.values(plan.data?.stages ?? {}).reduce((sum, counts) => sum + counts.blocked, 0);
  const stale = isProblem(plan.error, 412) || passed === etag;
  const takeNewer = () => {
    act.clear();
    void queryClient.invalidateQueries({ queryKey: keys.projectWorkflow(project) });
  };
  return (
    <Modal opened onClose={onClose} title={t("workflow.publishTitle")} size="lg">
      <Stack gap="sm">
        {gone.map((stage) => (
          <NativeSelect
            key={stage}
            label={t("workflow.mapping", { stage })}
            value={mapping[stage] ?? ""}
            onChange={(event) => {
              const to = event.currentTarget.value;
              setMapping(({ [stage]: _old, ...rest }) => (to ? { ...rest, [stage]: to } : rest));
            }}
            data={[
              { value: "", label: t("common.none") },
              ...graph.stages.map(({ id, title }) => ({ value: id, label: title || id })),
            ]}
          />
        ))}
        {plan.isPending && <Loading />}
        {stale && (
          <Alert color="yellow" title={t("workflow.stale")}>
            {t("workflow.staleHint")}
          </Alert>
        )}
        {plan.error && !stale && <Failed error={plan.error} />}
        {plan.data && !stale && <PlanTable plan={plan.data} />}
        {plan.data?.problems.map((problem) => (
          <Alert key={`${problem.code} ${problem.stage}`} color="red">
            {problem.stage && <b>{problem.stage}: </b>}
            {problem.detail}
          </Alert>
        ))}
        {blocked > 0 && <Alert color="red">{t("workflow.blockedHint", { count: blocked })}</Alert>}
        {!stale && <FormErrors errors={act.errors} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          {stale ? (
            <Button onClick={takeNewer}>{t("workflow.takeNewer")}</Button>
          ) : (
            <Button disabled={!plan.data?.ok} loading={act.busy} onClick={() => act.run(undefined)}>
              {t("workflow.publish")}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
