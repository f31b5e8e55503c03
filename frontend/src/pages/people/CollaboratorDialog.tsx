import { Button, Checkbox, Group, Modal, Stack, TagsInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useProject } from "../../api/projects";
import type { Collaborator, ProjectRole } from "../../api/types";
import { t, tValue } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";

interface Props {
  project: string;
  /** Null to add somebody. */
  collaborator: Collaborator | null;
  onClose: () => void;
}

export const PROJECT_ROLES: readonly ProjectRole[] = [
  "annotator",
  "reviewer",
  "expert",
  "viewer",
  "manager",
  "admin",
  "agent",
];

export function CollaboratorDialog({ project, collaborator, onClose }: Props) {
  const mine = useProject(project).data?.my_roles ?? [];
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<string[]>(collaborator?.roles ?? ["annotator"]);
  const [skills, setSkills] = useState<string[]>(collaborator?.skills ?? []);
  const save = useAction(
    () =>
      collaborator
        ? api.patch(`/projects/${project}/collaborators/${collaborator.person}/`, { roles, skills })
        : api.post(`/projects/${project}/collaborators/`, { email: email.trim(), roles, skills }),
    {
      fields: ["email", "roles", "skills"],
      forget: [keys.collaborators(project), keys.stages(project), keys.me],
      onDone: onClose,
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.run(undefined);
  };
  const name = collaborator?.name || collaborator?.email || "";
  return (
    <Modal opened onClose={onClose} title={collaborator ? t("people.edit", { name }) : t("people.add")}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <FormErrors errors={save.errors} />
          {!collaborator && (
            <TextInput
              label={t("signin.email")}
              description={t("people.emailHint")}
              type="email"
              required
              data-autofocus
              value={email}
              error={save.fieldErrors.email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          )}
          <Checkbox.Group label={t("people.roles")} value={roles} onChange={setRoles} error={save.fieldErrors.roles}>
            <Group gap="sm" mt={6}>
              {PROJECT_ROLES.map((role) => (
                <Checkbox
                  key={role}
                  value={role}
                  label={tValue("role", role)}
                  disabled={role === "admin" && !mine.includes("admin")}
                />
              ))}
            </Group>
          </Checkbox.Group>
          <TagsInput
            label={t("people.skills")}
            description={t("people.skillsHint")}
            value={skills}
            error={save.fieldErrors.skills}
            onChange={setSkills}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={save.busy} disabled={roles.length === 0}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
