import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePredictionModels } from "../../api/inference";
import { qualityKey } from "../../api/quality";
import type { Job } from "../../api/types";
import { JobProgress } from "../../ui/JobProgress";
import { FormErrors } from "../../ui/states";
import { useStart } from "../../ui/useStart";
import { say } from "./messages";

const KINDS = ["quality.score"];
const FIELDS = ["model"];

/** Scores the project, with one of its models where there are several; shows a scoring that is under way. */
export function ScoreNow({ project, first }: { project: string; first?: boolean }) {
  const client = useQueryClient();
  const models = usePredictionModels(project).data ?? [];
  const [model, setModel] = useState("");
  const { start, job, running, onEnd } = useStart(project, "quality/score", KINDS, FIELDS);
  const ended = (done: Job) => {
    onEnd(done);
    void client.invalidateQueries({ queryKey: qualityKey(project) });
  };
  return (
    <Stack gap="xs" w={first ? undefined : "100%"}>
      <FormErrors errors={start.errors} />
      {!running && (
        <Group gap="xs" justify={first ? "center" : "flex-end"} align="flex-end">
          {models.length > 1 && (
            <NativeSelect
              aria-label={say("model")}
              value={model}
              error={start.fieldErrors.model}
              onChange={(event) => setModel(event.currentTarget.value)}
              data={[
                { value: "", label: say("bestModel") },
                ...models.map(({ id, name, version }) => ({ value: id, label: `${name} ${version}` })),
              ]}
            />
          )}
          <Button
            variant={first ? "filled" : "default"}
            loading={start.busy}
            onClick={() => start.run(model ? { model } : {})}
          >
            {say("scoreNow")}
          </Button>
        </Group>
      )}
      {job && (
        <JobProgress key={job} id={job} title={say("scoring")} onEnded={ended}>
          {() => <Text size="sm">{say("scored")}</Text>}
        </JobProgress>
      )}
    </Stack>
  );
}
