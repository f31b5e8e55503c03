import { Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import type { Me } from "../../api/types";
import { useSession } from "../session";
import { t } from "../t";
import { SignInForm } from "./SignInForm";

/** The session ended under an open page: sign in again in a dialog, and the page goes on where it was. */
export function SessionExpired() {
  const client = useQueryClient();
  const { expired, setExpired } = useSession();
  const before = client.getQueryData<Me>(keys.me);
  const onSignedIn = (me: Me) => {
    if (before && me.id !== before.id) {
      window.location.assign("/");
      return;
    }
    setExpired(false);
    void client.invalidateQueries();
  };
  return (
    <Modal
      opened={expired}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      title={t("session.expired")}
    >
      <Stack>
        <Text size="sm">{t("session.expiredHint")}</Text>
        <SignInForm email={before?.email ?? ""} onSignedIn={onSignedIn} />
      </Stack>
    </Modal>
  );
}
