import { Accordion, Badge, Group, Text } from "@mantine/core";
import { useState } from "react";
import type { useFinetunes } from "../../api/inference";
import type { Assistant, FinetuneRow } from "../../api/types";
import { Time } from "../../ui/bits";
import { More } from "../../ui/More";
import { signed } from "./interval";
import { say } from "./messages";
import { RunView } from "./RunView";

function outcome({ state: { state, accepted } }: FinetuneRow): { words: string; color: string } {
  if (state === "done")
    return accepted ? { words: say("accepted"), color: "green" } : { words: say("refused"), color: "yellow" };
  return { words: say(`state.${state}`), color: state === "failed" ? "red" : "gray" };
}

interface Props {
  project: string;
  /** Shown above already. */
  except: string | undefined;
  list: ReturnType<typeof useFinetunes>;
  assistant: Assistant;
}

/** The project's earlier tunings, each with all that it found out. */
export function RunHistory({ project, except, list, assistant }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const earlier = list.rows.filter(({ id }) => id !== except);
  if (earlier.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {say("history")}
      </Text>
      <Accordion variant="contained" chevronPosition="left" value={open} onChange={setOpen}>
        {earlier.map((run) => {
          const { words, color } = outcome(run);
          const { click_gain: click, box_gain: box } = run.state;
          return (
            <Accordion.Item key={run.id} value={run.id}>
              <Accordion.Control>
                <Group gap="sm">
                  <Badge component="span" variant="dot" color={color}>
                    {words}
                  </Badge>
                  <Text size="sm" span>
                    {run.base_name}
                  </Text>
                  {click && box && (
                    <Text size="xs" span>
                      {say("gainClick", { gain: signed(click.mean) })}, {say("gainBox", { gain: signed(box.mean) })}
                    </Text>
                  )}
                  <Text size="xs" c="dimmed" span>
                    <Time at={run.created_at} />
                  </Text>
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                {open === run.id && <RunView project={project} id={run.id} assistant={assistant} />}
              </Accordion.Panel>
            </Accordion.Item>
          );
        })}
      </Accordion>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </div>
  );
}
