import { Table } from "@mantine/core";
import type { QualityBin } from "../../../api/types";
import { Figure } from "../../../ui/Figure";
import { say } from "../messages";
import css from "./Plots.module.css";
import { between, share } from "./scale";

const SIDE = 240;
const x = (value: number) => 34 + value * SIDE;
const y = (value: number) => 10 + (1 - value) * SIDE;

/** What was claimed against what came true: on the diagonal a number means what it says. */
export function Reliability({ bins }: { bins: readonly QualityBin[] }) {
  const most = Math.max(...bins.map(({ n }) => n));
  return (
    <Figure
      title={say("reliability")}
      hint={say("reliabilityHint")}
      chart={
        <svg className={css.plot} viewBox="0 0 290 290" role="img" aria-label={say("reliability")}>
          <rect className={css.frame} x={x(0)} y={y(1)} width={SIDE} height={SIDE} />
          <path className={css.guide} d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
          {[0, 0.5, 1].map((tick) => (
            <g key={tick}>
              <text x={x(tick)} y={y(0) + 16} textAnchor="middle">
                {tick}
              </text>
              <text x={x(0) - 6} y={y(tick) + 4} textAnchor="end">
                {tick}
              </text>
            </g>
          ))}
          <text x={x(0.5)} y={y(0) + 32} textAnchor="middle">
            {say("claimed")}
          </text>
          <text transform={`translate(8 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
            {say("cameTrue")}
          </text>
          {bins.map(({ claimed, observed, low, high, n }) => (
            <g key={claimed} className={css.mark}>
              <path d={`M${x(claimed)} ${y(low)}V${y(high)}`} />
              <circle cx={x(claimed)} cy={y(observed)} r={2.5 + 3 * Math.sqrt(n / most)} stroke="none" />
            </g>
          ))}
        </svg>
      }
      table={
        <Table aria-label={say("reliability")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("claimed")}</Table.Th>
              <Table.Th>{say("cameTrue")}</Table.Th>
              <Table.Th ta="right">{say("looks")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {bins.map(({ claimed, observed, low, high, n }) => (
              <Table.Tr key={claimed}>
                <Table.Td>{share(claimed)}</Table.Td>
                <Table.Td>{between(observed, low, high)}</Table.Td>
                <Table.Td ta="right">{n}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}
