import { Alert, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { SignInForm } from "../../app/shell/SignInForm";
import { t } from "../../app/t";
import { Front } from "./Front";

export default function SignIn() {
  const { next, welcome } = useSearch({ from: "/sign-in" });
  const client = useQueryClient();
  const navigate = useNavigate();
  return (
    <Front title={t("signin.title")}>
      <Stack gap="sm">
        {welcome && <Alert color="green">{t("invite.acceptedSignIn")}</Alert>}
        <SignInForm
          onSignedIn={(me) => {
            client.clear();
            client.setQueryData(keys.me, me);
            void navigate({ href: next ?? "/" });
          }}
        />
        <Text size="xs" c="dimmed" ta="center">
          {t("signin.invited")}
        </Text>
      </Stack>
    </Front>
  );
}
