import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Dataset, Project } from "../../api/types";
import { t } from "../../app/t";
import { confirm } from "../../ui/confirm";
import { JobProgress } from "../../ui/JobProgress";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { useOptions } from "../../ui/useOptions";

/** Attaches another dataset; a large one becomes tasks by a job. */
function AttachDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const { choices, query } = useOptions<Dataset>(keys.datasets, "/datasets/");
  const free = choices.filter(({ value }) => !project.datasets.includes(value));
  const [dataset, setDataset] = useState<string | null>(null);
  const attach = useAction(() => api.post<{ job?: string }>(`/projects/${project.id}/datasets/`, { dataset }), {
    fields: ["dataset"],
    forget: [keys.project(project.id)],
    done: t("overview.attached"),
    onDone: ({ job }) => !job && onClose(),
  });
  return (
    <Modal opened onClose={onClose} title={t("overview.attach")}>
      <Stack gap="sm">
        <FormErrors errors={attach.errors} />
        {query.data && free.length === 0 ? (
          <Text size="sm">{t("overview.noDatasets")}</Text>
        ) : (
          <Select
            label={t("wizard.datasets")}
            description={t("overview.attachHint")}
            data={free}
            value={dataset}
            error={attach.fieldErrors.dataset}
            onChange={setDataset}
            searchable
          />
        )}
        {attach.data?.job && <JobProgress id={attach.data.job} />}
        <Group justify="flex-end">
          <Button
            loading={attach.busy}
            disabled={!dataset || attach.data !== undefined}
            onClick={() => attach.run(undefined)}
          >
            {t("overview.attach")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** What a manager does to the project as a whole. */
export function ProjectActions({ project }: { project: Project }) {
  const [attaching, { open, close }] = useDisclosure();
  const forget = [keys.projects, keys.me];
  const archive = useAction(() => api.post(`/projects/${project.id}/archive/`), {
    forget,
    done: t("overview.archivedDone"),
  });
  const unarchive = useAction(() => api.post(`/projects/${project.id}/unarchive/`), {
    forget,
    done: t("overview.unarchived"),
  });
  const ask = async () => {
    const title = t("overview.archiveTitle", { name: project.name });
    const yes = await confirm({ title, body: t("overview.archiveHint"), yes: t("common.archive"), danger: true });
    if (yes) archive.run(undefined);
  };
  if (project.archived_at) {
    return (
      <Button variant="default" loading={unarchive.busy} onClick={() => unarchive.run(undefined)}>
        {t("overview.unarchive")}
      </Button>
    );
  }
  return (
    <>
      <Button variant="default" onClick={open}>
        {t("overview.attach")}
      </Button>
      <Button variant="default" loading={archive.busy} onClick={() => void ask()}>
        {t("common.archive")}
      </Button>
      {attaching && <AttachDialog project={project} onClose={close} />}
    </>
  );
}
