import { Alert, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Job } from "../../api/types";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { readReport } from "./report";

const FIRST = 20;

/** The end of an import or export: the file, the figures, and item by item what was not carried. */
export function TransferReport({ job }: { job: Job }) {
  const { url, figures, items } = readReport(job.result);
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, FIRST);
  return (
    <Stack gap="xs">
      {url && (
        <Group>
          <Button component="a" href={url} download leftSection={<Icon name="download" size={14} />}>
            {t("transfer.download")}
          </Button>
        </Group>
      )}
      {figures.length > 0 && (
        <Text size="sm" c="dimmed">
          {figures.map(([name, value]) => `${name}: ${value.toLocaleString("en")}`).join(" · ")}
        </Text>
      )}
      {items.length > 0 && (
        <Alert color="yellow" title={t("transfer.notCarried", { count: items.length })}>
          <Table verticalSpacing={2} withRowBorders={false}>
            <Table.Tbody>
              {shown.map((item, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: an ended job's list does not change.
                <Table.Tr key={index}>
                  <Table.Td>{item.what}</Table.Td>
                  <Table.Td>{item.why}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {items.length > shown.length && (
            <Button variant="subtle" onClick={() => setAll(true)}>
              {t("transfer.showAll", { count: items.length })}
            </Button>
          )}
        </Alert>
      )}
    </Stack>
  );
}
