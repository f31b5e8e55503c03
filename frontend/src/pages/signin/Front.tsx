import { Box, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Brand } from "../../app/shell/Brand";
import { t } from "../../app/t";
import classes from "./Front.module.css";

/** The frame of the pages before the door. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return (
    <Box component="main" className={classes.front}>
      <Stack w="100%" maw={360} gap="md">
        <Stack gap={4} align="center">
          <Brand size={28} />
          <Text size="sm" c="dimmed">
            {t("app.tagline")}
          </Text>
        </Stack>
        <Paper withBorder p="lg">
          <Title order={1} mb="sm">
            {title}
          </Title>
          {children}
        </Paper>
      </Stack>
    </Box>
  );
}
