import { Group, NativeSelect, Table, Text } from "@mantine/core";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Member, OrganizationRole } from "../../api/types";
import { useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { IconButton, PersonName } from "../../ui/bits";
import { confirm } from "../../ui/confirm";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";

export const ORGANIZATION_ROLES: readonly OrganizationRole[] = ["member", "manager", "admin", "owner"];

export const roleChoices = ORGANIZATION_ROLES.map((role) => ({ value: role, label: tValue("role", role) }));

function Row({ organization, member, editable }: { organization: string; member: Member; editable: boolean }) {
  const me = useMe();
  const path = `/organizations/${organization}/members/${member.person.id}/`;
  const forget = [keys.members(organization), keys.me];
  const change = useAction((role: OrganizationRole) => api.patch(path, { role }), { forget, done: t("common.saved") });
  const remove = useAction(() => api.del(path), { forget });
  const name = member.person.name || member.person.email;
  const ask = async () => {
    const yes = await confirm({
      title: t("people.removeTitle", { name }),
      body: t("organization.removeHint"),
      yes: t("common.remove"),
      danger: true,
    });
    if (yes) remove.run(undefined);
  };
  return (
    <Table.Tr>
      <Table.Td>
        <PersonName person={member.person} me={me.id} />
      </Table.Td>
      <Table.Td visibleFrom="sm">{member.person.email}</Table.Td>
      <Table.Td>
        {editable && member.person.id !== me.id ? (
          <NativeSelect
            w={120}
            aria-label={t("organization.roleOf", { name })}
            value={member.role}
            disabled={change.busy}
            onChange={(event) => change.run(event.currentTarget.value as OrganizationRole)}
            data={roleChoices}
          />
        ) : (
          <Text size="sm">{tValue("role", member.role)}</Text>
        )}
      </Table.Td>
      <Table.Td>
        {editable && member.person.id !== me.id && (
          <Group justify="flex-end">
            <IconButton icon="trash" label={t("people.remove", { name })} onClick={() => void ask()} />
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

export function Members({ organization, editable }: { organization: string; editable: boolean }) {
  const list = useKeyset<Member>(keys.members(organization), `/organizations/${organization}/members/`, { limit: 100 });
  return (
    <Section title={t("organization.members")}>
      {list.loading && <Loading />}
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.rows.length > 0 && (
        <Table.ScrollContainer minWidth={320}>
          <Table aria-label={t("organization.members")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("common.name")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("signin.email")}</Table.Th>
                <Table.Th>{t("organization.role")}</Table.Th>
                <Table.Th aria-label={t("common.actions")} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.rows.map((member) => (
                <Row key={member.person.id} organization={organization} member={member} editable={editable} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Section>
  );
}
