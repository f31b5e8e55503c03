import { Group, Kbd, Modal, Stack, Table, Text, Title } from "@mantine/core";
import { keyCaps, useShortcutRegistry } from "../shortcuts";
import { t } from "../t";
import { closeOverlay, useOverlay } from "./overlays";

function Keys({ keys }: { keys: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      {keyCaps(keys).map((cap, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the caps of one shortcut never move.
        <Kbd key={index} size="xs">
          {cap}
        </Kbd>
      ))}
    </Group>
  );
}

export default function HelpDialog() {
  const open = useOverlay((state) => state.open === "help");
  const shortcuts = useShortcutRegistry((state) => state.shortcuts);
  const groups = [...new Set(shortcuts.map((item) => item.group))];
  return (
    <Modal opened={open} onClose={closeOverlay} title={t("help.title")} size="md">
      <Stack gap="md">
        {groups.map((group) => (
          <div key={group}>
            <Title order={3} mb={4}>
              {group}
            </Title>
            <Table withRowBorders={false} verticalSpacing={3}>
              <Table.Tbody>
                {shortcuts
                  .filter((item) => item.group === group)
                  .map((item) => (
                    <Table.Tr key={item.keys + item.label}>
                      <Table.Td>{item.label}</Table.Td>
                      <Table.Td w={120}>
                        <Keys keys={item.keys} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
              </Table.Tbody>
            </Table>
          </div>
        ))}
        <Text size="xs" c="dimmed">
          {t("help.hint")}
        </Text>
      </Stack>
    </Modal>
  );
}
