import { Stack } from "@mantine/core";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Project } from "../../api/types";
import { mayCreate, useMe } from "../../app/session";
import { t } from "../../app/t";
import { LinkButton } from "../../ui/links";
import { Page, Section } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/states";
import { MyWork } from "./MyWork";
import { ProjectQueue } from "./ProjectQueue";
import { WORKING } from "./working";

/** Where work begins: the stages one may take from, then one's own tasks. */
export default function QueuePage() {
  const me = useMe();
  const { rows, loading, error, refetch } = useKeyset<Project>(keys.projects, "/projects/", { limit: 100 });
  const working = rows.filter(
    (project) => project.archived_at === null && project.my_roles.some((role) => WORKING.includes(role)),
  );
  return (
    <Page title={t("queue.title")} hint={t("queue.hint")}>
      {loading && <Loading />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {!loading && !error && working.length === 0 && (
        <Empty
          icon="list-check"
          title={t("queue.none")}
          hint={mayCreate(me) ? t("queue.noneManager") : t("queue.noneHint")}
          action={<LinkButton to="/projects">{t("nav.projects")}</LinkButton>}
        />
      )}
      <Stack gap="sm" mb="lg">
        {working.map((project, index) => (
          <ProjectQueue key={project.id} project={project} first={index === 0} />
        ))}
      </Stack>
      <Section title={t("queue.mine")}>
        <MyWork />
      </Section>
    </Page>
  );
}
