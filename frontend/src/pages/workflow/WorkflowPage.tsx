import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "../../api/projects";
import { workflowQuery } from "../../api/workflows";
import { manages } from "../../app/session";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { Page } from "../../ui/Page";
import { Loaded } from "../../ui/states";
import { WorkflowEditor } from "./WorkflowEditor";

export default function WorkflowPage() {
  const { project } = useParams({ from: "/inside/shell/projects/$project/workflow" });
  const query = useQuery(workflowQuery(project));
  const [job, setJob] = useState<string | null>(null);
  const roles = useProject(project).data?.my_roles ?? [];
  return (
    <Page
      title={t("nav.workflow")}
      hint={query.data ? t("history.version", { version: query.data.version }) : t("workflow.hint")}
    >
      {job && <JobProgress id={job} title={t("workflow.moving")} />}
      <Loaded query={query}>
        {(published) => (
          <WorkflowEditor project={project} published={published} editable={manages(roles)} onPublished={setJob} />
        )}
      </Loaded>
    </Page>
  );
}
