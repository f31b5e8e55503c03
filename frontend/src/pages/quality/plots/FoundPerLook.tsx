import { Table } from "@mantine/core";
import type { QualityPoint } from "../../../api/types";
import { Figure } from "../../../ui/Figure";
import { say } from "../messages";
import css from "./Plots.module.css";
import { share } from "./scale";

const SIDE = 240;
const x = (value: number) => 34 + value * SIDE;
const y = (value: number) => 10 + (1 - value) * SIDE;
const line = (points: readonly QualityPoint[], of: "found" | "oracle" | "random") =>
  `M${x(0)} ${y(0)}${points.map((point) => `L${x(point.looks)} ${y(point[of])}`).join("")}`;

/** How many of the errors so many looks find, in the order of suspicion, by chance, and at best. */
export function FoundPerLook({ points }: { points: readonly QualityPoint[] }) {
  return (
    <Figure
      title={say("foundPerLook")}
      hint={say("foundPerLookHint")}
      chart={
        <svg className={css.plot} viewBox="0 0 290 290" role="img" aria-label={say("foundPerLook")}>
          <rect className={css.frame} x={x(0)} y={y(1)} width={SIDE} height={SIDE} />
          <path className={css.guide} d={line(points, "random")} />
          <path className={css.guide} d={line(points, "oracle")} />
          <path className={css.line} d={line(points, "found")} />
          {[0, 0.5, 1].map((tick) => (
            <text key={tick} x={x(tick)} y={y(0) + 16} textAnchor="middle">
              {share(tick)}
            </text>
          ))}
          <text x={x(0.5)} y={y(0) + 32} textAnchor="middle">
            {say("looksOfAll")}
          </text>
          <text transform={`translate(22 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
            {say("errorsFound")}
          </text>
        </svg>
      }
      table={
        <Table aria-label={say("foundPerLook")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("looksOfAll")}</Table.Th>
              <Table.Th ta="right">{say("errorsFound")}</Table.Th>
              <Table.Th ta="right">{say("atBest")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points.map(({ looks, found, oracle }) => (
              <Table.Tr key={looks}>
                <Table.Td>{share(looks)}</Table.Td>
                <Table.Td ta="right">{share(found)}</Table.Td>
                <Table.Td ta="right">{share(oracle)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}
