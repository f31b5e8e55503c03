import { Badge, Group, Progress, SegmentedControl, Table, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Project } from "../../api/types";
import { percent } from "../../app/format";
import { mayCreate, useMe } from "../../app/session";
import { useShortcuts } from "../../app/shortcuts";
import { t, tValue } from "../../app/t";
import { LinkButton, TextLink } from "../../ui/links";
import { More } from "../../ui/More";
import { Page } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/states";

function ProjectRow({ project }: { project: Project }) {
  const { progress } = project;
  const done = percent(progress.complete, progress.total);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <TextLink to="/projects/$project" params={{ project: project.id }} fw={600}>
            {project.name}
          </TextLink>
          {project.archived_at && <Badge>{t("common.archived")}</Badge>}
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Progress value={done} w={120} aria-label={t("projects.progressOf", { name: project.name })} />
          <Text size="xs" c="dimmed">
            {t("projects.done", { done: progress.complete, all: progress.total })}
          </Text>
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Group gap={4}>
          {project.my_roles.map((role) => (
            <Badge key={role}>{tValue("role", role)}</Badge>
          ))}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

export default function ProjectsPage() {
  const me = useMe();
  const navigate = useNavigate();
  const [archived, setArchived] = useState("false");
  const list = useKeyset<Project>(keys.projects, "/projects/", { archived, limit: 100 });
  const shown = list.rows;
  const creates = mayCreate(me);
  useShortcuts(
    creates
      ? [
          {
            keys: "c",
            label: t("projects.new"),
            group: t("help.page"),
            run: () => void navigate({ to: "/projects/new" }),
          },
        ]
      : [],
  );
  const create = <LinkButton to="/projects/new">{t("projects.new")}</LinkButton>;
  return (
    <Page
      title={t("projects.title")}
      actions={
        <>
          <SegmentedControl
            aria-label={t("projects.which")}
            value={archived}
            onChange={setArchived}
            data={[
              { value: "false", label: t("projects.active") },
              { value: "true", label: t("projects.archived") },
            ]}
          />
          {creates && create}
        </>
      }
    >
      {list.loading && <Loading />}
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {!list.loading && !list.error && shown.length === 0 && (
        <Empty
          icon="folder"
          title={archived === "true" ? t("projects.noneArchived") : t("projects.none")}
          hint={creates ? t("projects.noneManager") : t("projects.noneHint")}
          action={creates ? create : undefined}
        />
      )}
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={340}>
          <Table aria-label={t("projects.title")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("common.name")}</Table.Th>
                <Table.Th>{t("projects.progress")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("projects.roles")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((project) => (
                <ProjectRow key={project.id} project={project} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Page>
  );
}
