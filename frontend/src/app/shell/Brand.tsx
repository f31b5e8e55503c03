import { Group, Text } from "@mantine/core";
import { t } from "../t";

export function Brand({ size = 20 }: { size?: number }) {
  return (
    <Group gap={8} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <path fill="#0b7285" d="M9 4h14l6 8-13 16L3 12z" />
        <path fill="#66d9e8" d="M9 4h14l-7 8z" />
        <path fill="#15aabf" d="M3 12h13L9 4zm26 0H16l7-8z" />
        <path fill="#3bc9db" d="M3 12h13v16z" />
      </svg>
      <Text fw={650} size="md">
        {t("app.name")}
      </Text>
    </Group>
  );
}
