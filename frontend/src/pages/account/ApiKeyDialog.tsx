import { Button, Checkbox, Group, Modal, NativeSelect, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { NewApiKey } from "../../api/types";
import { useMe } from "../../app/session";
import { t } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";

const SCOPES = ["read", "label", "review", "manage", "admin", "agent"] as const;
const DAYS = ["", "30", "90", "365"] as const;

interface Props {
  onClose: () => void;
  onMade: (secret: string) => void;
}

/** A new key. The password is asked for again: who finds an open page must not take a key away. */
export function ApiKeyDialog({ onClose, onMade }: Props) {
  const me = useMe();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [project, setProject] = useState("");
  const [days, setDays] = useState("90");
  const make = useAction(
    () =>
      api.post<NewApiKey>(
        "/auth/api-keys/",
        {
          email: me.email,
          password,
          name: name.trim(),
          scopes,
          ...(project && { project }),
          ...(days && { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }),
        },
        { idempotencyKey: null },
      ),
    {
      fields: ["name", "password", "scopes", "project", "expires_at"],
      forget: [keys.apiKeys],
      onDone: ({ key }) => {
        onMade(key);
        onClose();
      },
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.run(undefined);
  };
  return (
    <Modal opened onClose={onClose} title={t("apiKeys.new")}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <FormErrors errors={make.errors} />
          <TextInput
            label={t("common.name")}
            description={t("apiKeys.nameHint")}
            required
            data-autofocus
            value={name}
            error={make.fieldErrors.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox.Group
            label={t("apiKeys.scopes")}
            value={scopes}
            onChange={setScopes}
            error={make.fieldErrors.scopes}
          >
            <Group gap="sm" mt={6}>
              {SCOPES.map((scope) => (
                <Checkbox key={scope} value={scope} label={scope} />
              ))}
            </Group>
          </Checkbox.Group>
          <Group grow>
            <NativeSelect
              label={t("apiKeys.project")}
              value={project}
              error={make.fieldErrors.project}
              onChange={(event) => setProject(event.currentTarget.value)}
              data={[
                { value: "", label: t("common.all") },
                ...me.projects.map(({ id, name: label }) => ({ value: id, label })),
              ]}
            />
            <NativeSelect
              label={t("apiKeys.ends")}
              value={days}
              error={make.fieldErrors.expires_at}
              onChange={(event) => setDays(event.currentTarget.value)}
              data={DAYS.map((value) => ({
                value,
                label: value ? t("apiKeys.days", { days: Number(value) }) : t("apiKeys.never"),
              }))}
            />
          </Group>
          <PasswordInput
            size="xs"
            label={t("signin.password")}
            description={t("apiKeys.passwordHint")}
            autoComplete="current-password"
            required
            value={password}
            error={make.fieldErrors.password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={make.busy} disabled={scopes.length === 0}>
              {t("common.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
