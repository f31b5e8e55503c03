import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { managesMembers, mayInvite, useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { Invitations } from "./Invitations";
import { Members } from "./Members";

/** The people of an organization, and the invitations that are out. */
export default function OrganizationPage() {
  const me = useMe();
  const [id, setId] = useState(me.organizations[0]?.id ?? "");
  const organization = me.organizations.find((item) => item.id === id);
  if (!organization) {
    return (
      <Page title={t("nav.organization")} narrow>
        <Empty icon="building" title={t("organization.none")} hint={t("organization.noneHint")} />
      </Page>
    );
  }
  const invites = mayInvite(organization.role);
  return (
    <Page title={organization.name} hint={t("organization.youAre", { role: tValue("role", organization.role) })}>
      <Stack gap="lg">
        {me.organizations.length > 1 && (
          <SegmentedControl
            aria-label={t("nav.organization")}
            value={id}
            onChange={setId}
            data={me.organizations.map((item) => ({ value: item.id, label: item.name }))}
          />
        )}
        <Members organization={id} editable={managesMembers(organization.role)} />
        {invites.length > 0 && <Invitations organization={id} roles={invites} />}
      </Stack>
    </Page>
  );
}
