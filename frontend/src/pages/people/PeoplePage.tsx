import { Badge, Button, Group, Table } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useCollaborators, useProject } from "../../api/projects";
import type { Collaborator } from "../../api/types";
import { manages, useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { IconButton, PersonName } from "../../ui/bits";
import { confirm } from "../../ui/confirm";
import { Page } from "../../ui/Page";
import { Empty, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { CollaboratorDialog } from "./CollaboratorDialog";

interface RowProps {
  project: string;
  collaborator: Collaborator;
  editable: boolean;
  onEdit: () => void;
}

function Row({ project, collaborator, editable, onEdit }: RowProps) {
  const me = useMe();
  const { person, email, roles, skills } = collaborator;
  const name = collaborator.name || email;
  const remove = useAction(() => api.del(`/projects/${project}/collaborators/${person}/`), {
    forget: [keys.collaborators(project), keys.stages(project)],
  });
  const ask = async () => {
    const yes = await confirm({
      title: t("people.removeTitle", { name }),
      body: t("people.removeHint"),
      yes: t("common.remove"),
      danger: true,
    });
    if (yes) remove.run(undefined);
  };
  return (
    <Table.Tr>
      <Table.Td>
        <PersonName person={{ id: person, name, email }} me={me.id} />
      </Table.Td>
      <Table.Td visibleFrom="sm">{email}</Table.Td>
      <Table.Td>
        <Group gap={4}>
          {roles.map((role) => (
            <Badge key={role}>{tValue("role", role)}</Badge>
          ))}
          {!collaborator.active && <Badge color="gray">{t("people.inactive")}</Badge>}
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="sm">{skills.join(", ")}</Table.Td>
      <Table.Td>
        {editable && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <IconButton icon="edit" label={t("people.edit", { name })} onClick={onEdit} />
            <IconButton icon="trash" label={t("people.remove", { name })} onClick={() => void ask()} />
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** Who works in the project, as what, and with which skills. */
export default function PeoplePage() {
  const { project } = useParams({ from: "/inside/shell/projects/$project/people" });
  const editable = manages(useProject(project).data?.my_roles ?? []);
  const query = useCollaborators(project);
  const [editing, setEditing] = useState<Collaborator | "new" | null>(null);
  const add = editable && <Button onClick={() => setEditing("new")}>{t("people.add")}</Button>;
  return (
    <Page title={t("nav.people")} hint={t("people.hint")} actions={add}>
      <Loaded query={query}>
        {({ results }) =>
          results.length === 0 ? (
            <Empty icon="users" title={t("people.none")} hint={t("people.noneHint")} action={add} />
          ) : (
            <Table.ScrollContainer minWidth={340}>
              <Table aria-label={t("nav.people")}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("common.name")}</Table.Th>
                    <Table.Th visibleFrom="sm">{t("signin.email")}</Table.Th>
                    <Table.Th>{t("people.roles")}</Table.Th>
                    <Table.Th visibleFrom="sm">{t("people.skills")}</Table.Th>
                    <Table.Th aria-label={t("common.actions")} />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((item) => (
                    <Row
                      key={item.person}
                      project={project}
                      collaborator={item}
                      editable={editable}
                      onEdit={() => setEditing(item)}
                    />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      {editing && (
        <CollaboratorDialog
          project={project}
          collaborator={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
