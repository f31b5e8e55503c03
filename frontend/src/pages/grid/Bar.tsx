import { Button, Group, Text } from "@mantine/core";
import type { GridBatch, GridClass } from "../../api/grid";
import { Icon } from "../../ui/Icon";
import { say } from "./messages";

interface Props {
  batch: GridBatch;
  seen: number;
  marked: number;
  busy: boolean;
  canUndo: boolean;
  /** Classes that a label here can be given; number keys follow this order. */
  choices: readonly GridClass[];
  armed: string;
  onArm: (name: string) => void;
  onCommit: () => void;
  onUndo: () => void;
  onLook: () => void;
}

/** What a click does, how far one is, and the way on. */
export function Bar({ batch, seen, marked, busy, canUndo, choices, armed, onArm, ...on }: Props) {
  const { left, more } = batch.heading;
  const all = seen >= batch.items.length;
  return (
    <Group gap="xs" justify="space-between">
      <Group gap={4} role="group" aria-label={say("markAs")}>
        {["", ...choices.map(({ name }) => name)].map((name, at) => (
          <Button
            key={name}
            variant={armed === name ? "filled" : "default"}
            color={name || batch.missing ? undefined : "red.9"}
            aria-pressed={armed === name}
            leftSection={
              name ? <small>{at < 10 ? at : ""}</small> : <Icon name={batch.missing ? "plus" : "flag"} size={14} />
            }
            onClick={() => onArm(name)}
          >
            {name || say(batch.missing ? "isMissing" : "flag")}
          </Button>
        ))}
      </Group>
      <Group gap="xs">
        <Text size="sm" component="output" aria-live="polite">
          {say("seen", { count: Math.min(seen, batch.items.length) })} · {say("flagged", { count: marked })} ·{" "}
          {say(more ? "leftMore" : "left", { count: left })}
        </Text>
        <Button variant="default" onClick={on.onLook} leftSection={<Icon name="zoom-in" size={14} />}>
          {say("look")}
        </Button>
        <Button
          variant="default"
          disabled={!canUndo || busy}
          onClick={on.onUndo}
          leftSection={<Icon name="arrow-back-up" size={14} />}
        >
          {say("undo")}
        </Button>
        <Button
          loading={busy}
          onClick={on.onCommit}
          rightSection={<Icon name={all ? "check" : "arrow-down"} size={14} />}
        >
          {say(all ? "commit" : "further")}
        </Button>
      </Group>
    </Group>
  );
}
