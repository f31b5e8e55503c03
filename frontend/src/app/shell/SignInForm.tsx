import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Me } from "../../api/types";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { signIn } from "../session";
import { t } from "../t";

interface Props {
  email?: string;
  onSignedIn: (me: Me) => void;
}

export function SignInForm({ email = "", onSignedIn }: Props) {
  const form = useForm({ initialValues: { email, password: "" } });
  const { run, busy, errors, fieldErrors } = useAction(
    (values: { email: string; password: string }) => signIn(values.email.trim(), values.password),
    { fields: ["email", "password"], onDone: onSignedIn },
  );
  return (
    <form onSubmit={form.onSubmit((values) => run(values))}>
      <Stack gap="sm">
        <FormErrors errors={errors} />
        <TextInput
          size="sm"
          label={t("signin.email")}
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus={!email}
          data-autofocus={email ? undefined : true}
          {...form.getInputProps("email")}
          error={fieldErrors.email}
        />
        <PasswordInput
          label={t("signin.password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          autoFocus={Boolean(email)}
          data-autofocus={email ? true : undefined}
          {...form.getInputProps("password")}
          error={fieldErrors.password}
        />
        <Button type="submit" size="sm" fullWidth loading={busy} mt={4}>
          {t("signin.submit")}
        </Button>
      </Stack>
    </form>
  );
}
