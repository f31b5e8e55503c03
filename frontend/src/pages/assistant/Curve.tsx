import { Box, Table, Text } from "@mantine/core";
import { useMemo } from "react";
import type { CurvePoint } from "../../api/types";
import { Figure } from "../../ui/Figure";
import { CurveChart } from "./CurveChart";
import { drawn, lossWords } from "./curve";
import { say } from "./messages";

/** How a tuning goes, test after test on the held-out objects. */
export function Curve({ curve }: { curve: readonly CurvePoint[] }) {
  const points = useMemo(() => drawn(curve), [curve]);
  if (points.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {say("curveNone")}
      </Text>
    );
  return (
    <Figure
      title={say("curve")}
      chart={<CurveChart points={points} />}
      table={
        <Box mah={220} style={{ overflow: "auto" }} tabIndex={0}>
          <Table aria-label={say("curve")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th ta="right">{say("step")}</Table.Th>
                <Table.Th ta="right">{say("click")}</Table.Th>
                <Table.Th ta="right">{say("box")}</Table.Th>
                <Table.Th ta="right">{say("loss")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {points.map(({ step, click, box, loss }) => (
                <Table.Tr key={step}>
                  <Table.Td ta="right">{step}</Table.Td>
                  <Table.Td ta="right">{click.toFixed(3)}</Table.Td>
                  <Table.Td ta="right">{box.toFixed(3)}</Table.Td>
                  <Table.Td ta="right">{lossWords(loss)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Box>
      }
    />
  );
}
