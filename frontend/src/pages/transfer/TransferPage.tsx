import { SimpleGrid, Stack } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "../../api/projects";
import type { Job } from "../../api/types";
import { manages, seesAll } from "../../app/session";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { Page, Section } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { ExportForm } from "./ExportForm";
import { ImportForm } from "./ImportForm";
import { JobHistory } from "./JobHistory";
import { TransferReport } from "./TransferReport";

/** Labels in and out, as jobs whose reports stay here. */
export default function TransferPage() {
  const { project } = useParams({ from: "/inside/shell/projects/$project/transfer" });
  const roles = useProject(project).data?.my_roles ?? [];
  const [jobs, setJobs] = useState<string[]>([]);
  if (!seesAll(roles)) {
    return (
      <Page title={t("nav.transfer")}>
        <Empty icon="lock" title={t("error.forbidden")} hint={t("transfer.notYours")} />
      </Page>
    );
  }
  const add = (id: string) => setJobs((old) => [id, ...old]);
  return (
    <Page title={t("nav.transfer")} hint={t("transfer.hint")}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Section title={t("transfer.export")}>
          <ExportForm project={project} onStarted={add} />
        </Section>
        {manages(roles) && (
          <Section title={t("transfer.import")}>
            <ImportForm project={project} onStarted={add} />
          </Section>
        )}
      </SimpleGrid>
      {jobs.length > 0 && (
        <Section title={t("transfer.running")}>
          <Stack gap="sm">
            {jobs.map((id) => (
              <JobProgress key={id} id={id}>
                {(job: Job) => <TransferReport job={job} />}
              </JobProgress>
            ))}
          </Stack>
        </Section>
      )}
      <JobHistory project={project} shown={jobs} />
    </Page>
  );
}
