import { Badge, Group, NumberInput, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { t } from "../../app/t";
import { Loaded } from "../../ui/states";
import { type Change, diffLines, type LabelDiff } from "./diff";

const COLOR: Record<Change, string> = { added: "green", changed: "yellow", removed: "red" };

/** Two revisions of a task's labels against one another; at first the last step. */
export function Compare({ task }: { task: string }) {
  const labels = useQuery({
    queryKey: [...keys.task(task), "revision"],
    queryFn: ({ signal }) => api.get<{ revision: number }>(`/tasks/${task}/labels/`, { signal }),
    select: ({ revision }) => revision,
  });
  return <Loaded query={labels}>{(latest) => <Between task={task} latest={latest} />}</Loaded>;
}

function Between({ task, latest }: { task: string; latest: number }) {
  const [from, setFrom] = useState<number | string>(Math.max(0, latest - 1));
  const [to, setTo] = useState<number | string>(latest);
  const valid = typeof from === "number" && typeof to === "number" && from !== to;
  const diff = useQuery({
    queryKey: [...keys.task(task), "diff", from, to],
    queryFn: ({ signal }) => api.get<LabelDiff>(`/tasks/${task}/labels/diff/`, { query: { from, to }, signal }),
    enabled: valid,
  });
  if (latest === 0) return <Text c="dimmed">{t("history.diff.one")}</Text>;
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="xs">
        <NumberInput label={t("history.from")} min={0} max={latest} value={from} onChange={setFrom} w={90} />
        <NumberInput label={t("history.to")} min={0} max={latest} value={to} onChange={setTo} w={90} />
      </Group>
      {valid && <Loaded query={diff}>{(data) => <Lines diff={data} />}</Loaded>}
    </Stack>
  );
}

function Lines({ diff }: { diff: LabelDiff }) {
  const lines = diffLines(diff);
  if (lines.length === 0) return <Text c="dimmed">{t("history.diff.none")}</Text>;
  return (
    <Table maw={620}>
      <Table.Tbody>
        {lines.map((line) => (
          <Table.Tr key={line.change + line.id}>
            <Table.Td w={110}>
              <Badge variant="dot" color={COLOR[line.change]}>
                {t(`history.diff.${line.change}`)}
              </Badge>
            </Table.Td>
            <Table.Td>{line.text || line.id}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
