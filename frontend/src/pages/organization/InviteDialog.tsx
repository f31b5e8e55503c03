import { Button, Checkbox, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { NewInvitation, OrganizationRole } from "../../api/types";
import { useMe } from "../../app/session";
import { t, tValue } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { PROJECT_ROLES } from "../people/CollaboratorDialog";

interface Props {
  organization: string;
  /** The roles that may be given. */
  choices: readonly OrganizationRole[];
  onClose: () => void;
  onMade: (invitation: NewInvitation) => void;
}

/** Invites one person into the organization and, if wanted, straight into a project. */
export function InviteDialog({ organization, choices, onClose, onMade }: Props) {
  const { projects } = useMe();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<OrganizationRole>("member");
  const [project, setProject] = useState("");
  const [roles, setRoles] = useState<string[]>(["annotator"]);
  const invite = useAction(
    () =>
      api.post<NewInvitation>(
        `/organizations/${organization}/invitations/`,
        { email: email.trim(), role, ...(project && { project, roles }) },
        { idempotencyKey: null },
      ),
    {
      fields: ["email", "role", "project", "roles"],
      forget: [keys.invitations(organization)],
      onDone: (made) => {
        onMade(made);
        onClose();
      },
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.run(undefined);
  };
  return (
    <Modal opened onClose={onClose} title={t("invitations.new")}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <FormErrors errors={invite.errors} />
          <TextInput
            label={t("signin.email")}
            type="email"
            required
            data-autofocus
            value={email}
            error={invite.fieldErrors.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("organization.role")}
            value={role}
            error={invite.fieldErrors.role}
            onChange={(event) => setRole(event.currentTarget.value as OrganizationRole)}
            data={choices.map((value) => ({ value, label: tValue("role", value) }))}
          />
          <NativeSelect
            label={t("invitations.project")}
            value={project}
            error={invite.fieldErrors.project}
            onChange={(event) => setProject(event.currentTarget.value)}
            data={[
              { value: "", label: t("common.none") },
              ...projects.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
          {project && (
            <Checkbox.Group
              label={t("people.roles")}
              value={roles}
              onChange={setRoles}
              error={invite.fieldErrors.roles}
            >
              <Group gap="sm" mt={6}>
                {PROJECT_ROLES.map((value) => (
                  <Checkbox key={value} value={value} label={tValue("role", value)} />
                ))}
              </Group>
            </Checkbox.Group>
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={invite.busy}>
              {t("invitations.send")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
