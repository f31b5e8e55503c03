import { Group, Text } from "@mantine/core";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { StageCount, StageType } from "../api/types";
import { t, tValue } from "../app/t";
import { STAGE_ICON } from "../ui/bits";
import { Icon } from "../ui/Icon";
import classes from "./Graph.module.css";

export interface StageData extends Record<string, unknown> {
  type: StageType;
  title: string;
  vertical: boolean;
  /** Something the server refuses about this stage. */
  faulty: boolean;
  count: Pick<StageCount, "waiting" | "claimed"> | undefined;
  /** Tasks that came to rest here, for the ends of the graph. */
  rested: number | undefined;
}

export type StageNodeType = Node<StageData, "stage">;

function Counts({ data }: { data: StageData }) {
  if (data.rested !== undefined) return <>{t("graph.rested", { count: data.rested })}</>;
  if (!data.count) return <>{tValue("stageType", data.type)}</>;
  return (
    <>
      {t("queue.waiting", { count: data.count.waiting })}
      {data.count.claimed > 0 && ` · ${t("queue.claimed", { count: data.count.claimed })}`}
    </>
  );
}

export function StageNode({ data }: NodeProps<StageNodeType>) {
  return (
    <div className={classes.node} data-type={data.type} data-faulty={data.faulty || undefined}>
      <Handle type="target" position={data.vertical ? Position.Top : Position.Left} isConnectable={false} />
      <Group gap={6} wrap="nowrap">
        <Icon name={STAGE_ICON[data.type] ?? "square"} size={14} />
        <Text size="sm" fw={600} truncate title={data.title}>
          {data.title}
        </Text>
      </Group>
      <Text size="xs" c="dimmed" truncate>
        <Counts data={data} />
      </Text>
      <Handle type="source" position={data.vertical ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}
