import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { t } from "../app/t";
import classes from "./Page.module.css";

interface Props {
  title: string;
  /** Shown in the title's place of the page, when the title has more in it than words. */
  heading?: ReactNode;
  /** Where this page stands: a line above the title. */
  above?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Forms and settings read better in a narrow column. */
  narrow?: boolean;
}

export function Page({ title, heading, above, hint, actions, children, narrow }: Props) {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return (
    <Box className={classes.page} maw={narrow ? 760 : undefined}>
      <Group justify="space-between" align="flex-end" gap="sm" mb="md">
        <Stack gap={2} miw={0}>
          {above && (
            <Text size="xs" c="dimmed" component="div">
              {above}
            </Text>
          )}
          <Title order={1} className={classes.title}>
            {heading ?? title}
          </Title>
          {hint && (
            <Text size="sm" c="dimmed" component="div">
              {hint}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}

interface SectionProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, actions, children }: SectionProps) {
  return (
    <Box component="section" aria-label={title} mb="lg">
      <Group justify="space-between" mb="xs" mih={30}>
        <Title order={2}>{title}</Title>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}
