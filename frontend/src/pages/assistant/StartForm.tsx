import { Button, Group, MultiSelect, NativeSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { ModelVersion, Ontology, Project, Shape } from "../../api/types";
import { FormErrors } from "../../ui/states";
import type { useStart } from "../../ui/useStart";
import { inOrder } from "./choices";
import { say } from "./messages";

const TAUGHT: readonly Shape[] = ["bitmask", "polygon", "bounding_box", "rotatable_bounding_box"];

/** The classes whose labels a decoder can learn from. */
function useClassNames(ontology: string): string[] {
  const query = useQuery({
    queryKey: [...keys.ontology(ontology), "plain"],
    queryFn: ({ signal }) => api.get<Ontology>(`/ontologies/${ontology}/`, { signal }),
    staleTime: 60_000,
  });
  return (query.data?.objects ?? [])
    .filter(({ shape, archived }) => !archived && TAUGHT.includes(shape))
    .map(({ name }) => name);
}

interface Props {
  project: Project;
  models: readonly ModelVersion[];
  /** What answers now: the likeliest base. */
  answers: ModelVersion | null;
  start: ReturnType<typeof useStart>["start"];
  running: boolean;
}

/** One click; what may be said besides has a sound default. */
export function StartForm({ project, models, answers, start, running }: Props) {
  const bases = inOrder(models, project.id);
  const names = useClassNames(project.ontology);
  const [chosen, setChosen] = useState<string | null>(null);
  const [group, setGroup] = useState("");
  const [classes, setClasses] = useState<string[]>([]);
  // Tuning again begins at the same base: a tuned one has seen what is held out now.
  const base = chosen ?? answers?.base ?? answers?.id ?? bases[0]?.id ?? "";
  const run = () =>
    start.run({ base, ...(group.trim() && { group: group.trim() }), ...(classes.length > 0 && { classes }) });
  return (
    <Stack gap="sm">
      <FormErrors errors={start.errors} />
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
        <NativeSelect
          label={say("base")}
          value={base}
          error={start.fieldErrors.base}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={bases.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <TextInput
          label={say("group")}
          description={say("groupHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={group}
          error={start.fieldErrors.group}
          onChange={(event) => setGroup(event.currentTarget.value)}
        />
        <MultiSelect
          label={say("classes")}
          description={say("classesHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={classes}
          error={start.fieldErrors.classes}
          onChange={setClasses}
          data={names}
          clearable
        />
      </SimpleGrid>
      <Group gap="sm">
        <Button loading={start.busy} disabled={running} onClick={run}>
          {say("start")}
        </Button>
        <Text size="xs" c="dimmed">
          {running ? say("running") : say("startHint")}
        </Text>
      </Group>
    </Stack>
  );
}
