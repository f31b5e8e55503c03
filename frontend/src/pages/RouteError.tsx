import { Button, Group } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { t } from "../app/t";
import { LinkButton } from "../ui/links";
import { Page } from "../ui/Page";
import { Failed } from "../ui/states";

/** A page that could not be shown: its data failed, its code failed, or a newer build replaced its file. */
export function RouteError({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page title={t("error.title")} narrow>
      <Failed error={error} retry={() => void router.invalidate()} />
      <Group mt="md">
        <LinkButton to="/queue" variant="default">
          {t("error.home")}
        </LinkButton>
        <Button variant="default" onClick={() => window.location.reload()}>
          {t("common.reload")}
        </Button>
      </Group>
    </Page>
  );
}
