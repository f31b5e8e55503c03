import { Group, NativeSelect, NumberInput, Stack, Text } from "@mantine/core";
import { useGridClasses } from "../../api/grid";
import { useProject } from "../../api/projects";
import { IconButton } from "../../ui/bits";
import { say } from "./messages";

interface Props {
  project: string;
  costs: Record<string, number>;
  error?: string | undefined;
  onChange: (costs: Record<string, number>) => void;
}

/** What an error costs in a class beside others: those that cost as usual are not listed. */
export function ClassCosts({ project, costs, error, onChange }: Props) {
  const known = (useGridClasses(useProject(project).data?.ontology).data ?? []).map(({ name }) => name);
  const set = Object.keys(costs);
  const others = known.filter((name) => !set.includes(name));
  const without = (name: string) => Object.fromEntries(Object.entries(costs).filter(([other]) => other !== name));
  return (
    <Stack gap={4} role="group" aria-label={say("set_classCosts")}>
      <Text size="sm" fw={600}>
        {say("set_classCosts")}
      </Text>
      {set.map((name) => (
        <Group key={name} gap="xs" wrap="nowrap">
          <Text size="sm" flex={1} truncate title={name}>
            {name}
          </Text>
          <NumberInput
            aria-label={`${name}: ${say("set_costs")}`}
            w={110}
            value={costs[name]}
            min={0}
            max={1_000_000}
            hideControls
            onChange={(value) => typeof value === "number" && onChange({ ...costs, [name]: value })}
          />
          <IconButton icon="x" label={say("set_asUsual", { class: name })} onClick={() => onChange(without(name))} />
        </Group>
      ))}
      {others.length > 0 && (
        <NativeSelect
          aria-label={say("set_addClass")}
          value=""
          error={error}
          data={[{ value: "", label: say("set_addClass") }, ...others]}
          onChange={(event) => event.currentTarget.value && onChange({ ...costs, [event.currentTarget.value]: 1 })}
        />
      )}
      <Text size="xs" c="dimmed">
        {say("set_classHint")}
      </Text>
    </Stack>
  );
}
