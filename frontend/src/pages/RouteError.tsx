import { Box, Button, Group, Text, Title } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { describeError } from "../app/errors";
import { t } from "../app/t";

/**
 * A page that could not be shown: its data failed, its code failed, or a newer build replaced its file.
 * Made of little, because it must be there when nothing more can be loaded.
 */
export function RouteError({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Box p="lg" maw={640} role="alert">
      <Title order={1} mb="xs">
        {t("error.title")}
      </Title>
      <Text size="sm">{describeError(error)}</Text>
      <Group mt="md" gap="xs">
        <Button onClick={() => void router.invalidate()}>{t("common.retry")}</Button>
        <Button variant="default" onClick={() => window.location.reload()}>
          {t("common.reload")}
        </Button>
        <Button variant="default" component="a" href="/queue">
          {t("error.home")}
        </Button>
      </Group>
    </Box>
  );
}
