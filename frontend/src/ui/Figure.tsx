import { Box, Button, Group, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { t } from "../app/t";
import { Icon } from "./Icon";

interface Props {
  title: string;
  hint?: string;
  chart: ReactNode;
  table: ReactNode;
}

/** A chart, and its numbers as a table for who reads rather than looks. */
export function Figure({ title, hint, chart, table }: Props) {
  const [asTable, setAsTable] = useState(false);
  return (
    <Box component="figure" m={0} aria-label={title}>
      <Group justify="space-between" align="flex-start" gap="xs" wrap="nowrap" mb={4}>
        <Box component="figcaption" miw={0}>
          <Text size="sm" fw={600}>
            {title}
          </Text>
          {hint && (
            <Text size="xs" c="dimmed">
              {hint}
            </Text>
          )}
        </Box>
        <Button
          variant="subtle"
          size="compact-xs"
          flex="none"
          leftSection={<Icon name={asTable ? "line" : "table"} size={14} />}
          aria-label={`${title}: ${asTable ? t("common.asChart") : t("common.asTable")}`}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? t("common.asChart") : t("common.asTable")}
        </Button>
      </Group>
      {asTable ? table : chart}
    </Box>
  );
}
