import { Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  name: string;
  value: ReactNode;
  hint?: ReactNode;
}

/** One number that matters, and what it means. */
export function Tile({ name, value, hint }: Props) {
  return (
    <Paper withBorder px="sm" py={8} component="section" aria-label={name}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text fz={22} fw={600} lh={1.25} style={{ fontVariantNumeric: "tabular-nums" }} component="div">
        {value}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed" component="div">
          {hint}
        </Text>
      )}
    </Paper>
  );
}
