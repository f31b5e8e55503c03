import { Button, Group, NativeSelect, Popover, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Snapshot } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { useOptions } from "../../ui/useOptions";
import { say } from "./messages";

const path = (project: string) => `/projects/${project}/snapshots/`;
const snapshotsKey = (project: string) => [...keys.project(project), "snapshots"];

/** The project's snapshots, the latest two hundred. */
export const useSnapshots = (project: string) => useOptions<Snapshot>(snapshotsKey(project), path(project));

/** Freezes every task's labels as they are, under a name. */
function Freeze({ project, onMade }: { project: string; onMade: (snapshot: Snapshot) => void }) {
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState("");
  const freeze = useAction(() => api.post<Snapshot>(path(project), { name: name.trim() }), {
    fields: ["name"],
    forget: [snapshotsKey(project)],
    done: (made) => say("frozen", { count: made.labels }),
    onDone: (made) => {
      setOpened(false);
      setName("");
      onMade(made);
    },
  });
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus position="bottom-end" withArrow>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(!opened)}>
          {say("freeze")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) freeze.run(undefined);
          }}
        >
          <Stack gap="xs" maw={280}>
            <FormErrors errors={freeze.errors} />
            <Text size="xs" c="dimmed">
              {say("freezeHint")}
            </Text>
            <TextInput
              label={say("snapshotName")}
              value={name}
              maxLength={200}
              error={freeze.fieldErrors.name}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => setOpened(false)}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={freeze.busy} disabled={!name.trim()}>
                {say("freezeNow")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

interface Props {
  project: string;
  /** The id of a snapshot; "" for the labels as they are now. */
  value: string;
  onChange: (snapshot: string) => void;
}

/** Of what the certificate speaks: of what rests now, or of a snapshot, which can be made here. */
export function SnapshotChoice({ project, value, onChange }: Props) {
  const { items } = useSnapshots(project);
  return (
    <Group gap="xs" align="flex-end">
      <NativeSelect
        label={say("certificateOf")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[
          { value: "", label: say("ofNow") },
          ...items.map(({ id, name, labels }) => ({ value: id, label: say("ofSnapshot", { name, labels }) })),
        ]}
      />
      <Freeze project={project} onMade={({ id }) => onChange(id)} />
    </Group>
  );
}
