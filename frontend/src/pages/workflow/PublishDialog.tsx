import { Alert, Button, Group, Modal, NativeSelect, Stack, Table, Text } from "@mantine/core";
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

interface Props {
  project: string;
  before: PublishedWorkflow;
  graph: Graph;
  onClose: () => void;
  onPublished: () => void;
}

export function planRows(plan: PublishPlan): PublishPlan["stages"] {
  return Array.isArray(plan.stages) ? plan.stages : [];
}

function PlanTable({ plan }: { plan: PublishPlan }) {
  const rows = planRows(plan);
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("tasks.stage")}</Table.Th>
          <Table.Th ta="right">{t("workflow.keep")}</Table.Th>
          <Table.Th ta="right">{t("workflow.move")}</Table.Th>
          <Table.Th ta="right">{t("workflow.blocked")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.stage}>
            <Table.Td>
              {row.stage}
              {row.to && row.to !== row.stage ? ` → ${row.to}` : ""}
              {row.detail && (
                <Text size="xs" c="dimmed">
                  {row.detail}
                </Text>
              )}
            </Table.Td>
            <Table.Td ta="right">{row.keep}</Table.Td>
            <Table.Td ta="right">{row.move}</Table.Td>
            <Table.Td ta="right" c={row.blocked > 0 ? "red" : undefined} fw={row.blocked > 0 ? 600 : undefined}>
              {row.blocked}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** What publishing does to the tasks under way, per stage, before it is done. Removed stages are given another place. */
export function PublishDialog({ project, before, graph, onClose, onPublished }: Props) {
  const gone = removedStages(before.graph, graph);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const etag = before.etag ?? "";
  const body = { graph, ...(Object.keys(mapping).length > 0 && { mapping }) };
  const plan = useQuery({
    queryKey: [...keys.projectWorkflow(project), "plan", body],
    queryFn: () => planPublication(project, body, etag),
    retry: false,
    staleTime: 0,
  });
  const act = useAction(() => publish(project, body, etag), {
    fields: [],
    done: t("workflow.published"),
    onDone: () => {
      onPublished();
      onClose();
      void queryClient.invalidateQueries({ queryKey: keys.project(project) });
    },
  });
  const blocked = plan.data ? planRows(plan.data).reduce((sum, row) => sum + row.blocked, 0) : 0;
  const stale = isProblem(plan.error, 412);
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
        {plan.error && <Failed error={plan.error} />}
        {plan.data && <PlanTable plan={plan.data} />}
        {blocked > 0 && <Alert color="red">{t("workflow.blockedHint", { count: blocked })}</Alert>}
        <FormErrors errors={act.errors} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          {stale ? (
            <Button onClick={() => void queryClient.invalidateQueries({ queryKey: keys.projectWorkflow(project) })}>
              {t("workflow.takeNewer")}
            </Button>
          ) : (
            <Button disabled={!plan.data || blocked > 0} loading={act.busy} onClick={() => act.run(undefined)}>
              {t("workflow.publish")}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
