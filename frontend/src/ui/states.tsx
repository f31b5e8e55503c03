import { Alert, Button, Group, List, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { isProblem } from "../api/client";
import { describeError } from "../app/errors";
import { t } from "../app/t";
import { Icon, type IconName } from "./Icon";
import { Loading } from "./Loading";

export { Loading } from "./Loading";

/** Nothing here yet: says so, and what to do about it. */
export function Empty({
  icon,
  title,
  hint,
  action,
}: {
  icon: IconName;
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="xs" ta="center">
        <Text c="dimmed" component="span" lh={1}>
          <Icon name={icon} size={28} />
        </Text>
        <Title order={2}>{title}</Title>
        {hint && (
          <Text size="sm" c="dimmed" maw={460} component="div">
            {hint}
          </Text>
        )}
        {action && <Group mt="xs">{action}</Group>}
      </Stack>
    </Paper>
  );
}

/** A read that failed, with a way on. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const title = isProblem(error, 403) ? t("error.forbidden") : t("error.title");
  return (
    <Alert color="red" title={title} icon={<Icon name="alert-triangle" />} role="alert">
      <Text size="sm">{describeError(error)}</Text>
      {retry && (
        <Button mt="sm" variant="default" onClick={retry} leftSection={<Icon name="refresh" size={14} />}>
          {t("common.retry")}
        </Button>
      )}
    </Alert>
  );
}

/** What belongs to no field of a form. */
export function FormErrors({ errors }: { errors: readonly string[] }) {
  if (errors.length === 0) return null;
  return (
    <Alert color="red" role="alert" icon={<Icon name="alert-circle" />}>
      {errors.length === 1 ? (
        <Text size="sm">{errors[0]}</Text>
      ) : (
        <List size="sm">
          {errors.map((text) => (
            <List.Item key={text}>{text}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Waits for a read, shows its failure, or hands its data on. Data once shown stays while it is read again. */
export function Loaded<T>({ query, children }: { query: QueryLike<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
