import { List, Text } from "@mantine/core";
import type { ReactNode } from "react";

const SHOWN = 10;

interface Props {
  children: ReactNode;
  /** What did not go well, in words, and how often that was. */
  troubles: readonly { detail: string }[];
  trouble: string | null;
}

/** How a job over many images ended: what was done, and the first of what was not. */
export function JobReport({ children, trouble, troubles }: Props) {
  return (
    <>
      <Text size="sm">{children}</Text>
      {trouble && <Text size="sm">{trouble}</Text>}
      <List size="xs">
        {troubles.slice(0, SHOWN).map(({ detail }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an ended job's list does not change.
          <List.Item key={index}>{detail}</List.Item>
        ))}
      </List>
    </>
  );
}
