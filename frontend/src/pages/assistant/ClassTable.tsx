import { Table, Text } from "@mantine/core";
import type { ClassGain } from "../../api/types";
import { signed } from "./interval";
import { say } from "./messages";

// What the server refuses a version for: a class with so many objects that falls by more than this.
const COUNTED = 10;
const TOLERATED = 0.02;

/** Before and after; a fall that refuses a version stands out by more than its colour. */
function Change({ before, after, n }: { before: number; after: number; n: number }) {
  const change = after - before;
  const falls = n >= COUNTED && change < -TOLERATED;
  return (
    <Table.Td ta="right" fw={falls ? 700 : undefined}>
      <span style={{ whiteSpace: "nowrap" }}>
        {before.toFixed(2)} → {after.toFixed(2)}
      </span>{" "}
      <Text span size="xs" c={falls ? undefined : "dimmed"} style={{ whiteSpace: "nowrap" }}>
        {signed(change)}
      </Text>
    </Table.Td>
  );
}

/** Held-out IoU of each class before and after, the commonest class first. */
export function ClassTable({ classes }: { classes: readonly ClassGain[] }) {
  if (classes.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {say("perClass")}
      </Text>
      <Table aria-label={say("perClass")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("class")}</Table.Th>
            <Table.Th ta="right">{say("objects")}</Table.Th>
            <Table.Th ta="right">{say("byClick")}</Table.Th>
            <Table.Th ta="right">{say("byBox")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {classes
            .toSorted((a, b) => b.n - a.n)
            .map((one) => (
              <Table.Tr key={one.class_name}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{one.class_name}</Table.Td>
                <Table.Td ta="right">{one.n}</Table.Td>
                <Change before={one.click_before} after={one.click_after} n={one.n} />
                <Change before={one.box_before} after={one.box_after} n={one.n} />
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
