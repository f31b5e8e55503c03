import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api } from "../../api/client";
import { queryClient } from "../../app/queryClient";
import { t } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { Front } from "./Front";

interface Values {
  name: string;
  password: string;
}

export default function Invitation() {
  const params = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const token = params.token ?? search.token;
  const navigate = useNavigate();
  const form = useForm<Values>({ initialValues: { name: "", password: "" } });
  const accept = ({ name, password }: Values) =>
    api.post(
      "/invitations/accept/",
      { token, ...(name.trim() && { name: name.trim() }), ...(password && { password }) },
      { idempotencyKey: null },
    );
  const { run, busy, errors, fieldErrors } = useAction(accept, {
    fields: ["name", "password"],
    onDone: () => {
      queryClient.clear();
      void navigate({ to: "/sign-in", search: { welcome: true } });
    },
  });
  if (!token) return <Front title={t("invite.title")}>{t("invite.missing")}</Front>;
  return (
    <Front title={t("invite.title")}>
      <form onSubmit={form.onSubmit((values) => run(values))}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t("invite.hint")}
          </Text>
          <FormErrors errors={errors} />
          <TextInput
            size="sm"
            label={t("invite.yourName")}
            autoComplete="name"
            {...form.getInputProps("name")}
            error={fieldErrors.name}
          />
          <PasswordInput
            label={t("invite.password")}
            description={t("invite.passwordHint")}
            autoComplete="new-password"
            {...form.getInputProps("password")}
            error={fieldErrors.password}
          />
          <Button type="submit" size="sm" loading={busy}>
            {t("invite.accept")}
          </Button>
        </Stack>
      </form>
    </Front>
  );
}
