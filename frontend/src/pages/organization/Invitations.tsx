import { Alert, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Invitation, NewInvitation, OrganizationRole } from "../../api/types";
import { useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { CopyLine, IconButton, Time } from "../../ui/bits";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { InviteDialog } from "./InviteDialog";

function Row({ organization, invitation }: { organization: string; invitation: Invitation }) {
  const projects = useMe().projects;
  const withdraw = useAction(
    () => api.del(`/organizations/${organization}/invitations/${invitation.id}/`, { idempotencyKey: null }),
    {
      forget: [keys.invitations(organization)],
      done: t("invitations.withdrawn"),
    },
  );
  const project = projects.find(({ id }) => id === invitation.project)?.name;
  return (
    <Table.Tr>
      <Table.Td>{invitation.email}</Table.Td>
      <Table.Td>
        {tValue("role", invitation.role)}
        {project && (
          <Text size="xs" c="dimmed">
            {project}: {invitation.roles.map((role) => tValue("role", role)).join(", ")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {invitation.accepted_at ? (
          t("invitations.accepted")
        ) : (
          <>
            {t("invitations.ends")} <Time at={invitation.expires_at} />
          </>
        )}
      </Table.Td>
      <Table.Td>
        <Group justify="flex-end">
          {!invitation.accepted_at && (
            <IconButton
              icon="trash"
              label={t("invitations.withdraw", { email: invitation.email })}
              disabled={withdraw.busy}
              onClick={() => withdraw.run(undefined)}
            />
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

export function Invitations({ organization, roles }: { organization: string; roles: OrganizationRole[] }) {
  const list = useKeyset<Invitation>(keys.invitations(organization), `/organizations/${organization}/invitations/`, {
    limit: 100,
  });
  const [inviting, setInviting] = useState(false);
  const [made, setMade] = useState<NewInvitation | null>(null);
  return (
    <Section
      title={t("invitations.title")}
      actions={<Button onClick={() => setInviting(true)}>{t("invitations.new")}</Button>}
    >
      <Stack gap="sm">
        {made && (
          <Alert
            color="green"
            title={t("invitations.made", { email: made.email })}
            withCloseButton
            onClose={() => setMade(null)}
          >
            <Text size="sm" mb="xs">
              {t("invitations.madeHint")}
            </Text>
            <CopyLine value={new URL(made.url, window.location.origin).href} />
          </Alert>
        )}
        {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
        {!list.loading && !list.error && list.rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("invitations.none")}
          </Text>
        )}
        {list.rows.length > 0 && (
          <Table.ScrollContainer minWidth={340}>
            <Table aria-label={t("invitations.title")}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("signin.email")}</Table.Th>
                  <Table.Th>{t("organization.role")}</Table.Th>
                  <Table.Th>{t("invitations.state")}</Table.Th>
                  <Table.Th aria-label={t("common.actions")} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.rows.map((invitation) => (
                  <Row key={invitation.id} organization={organization} invitation={invitation} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      </Stack>
      {inviting && (
        <InviteDialog organization={organization} choices={roles} onClose={() => setInviting(false)} onMade={setMade} />
      )}
    </Section>
  );
}
