import { NativeSelect, Table } from "@mantine/core";
import { useState } from "react";
import { Figure } from "../../../ui/Figure";
import { pathOf } from "../matrix";
import { say } from "../messages";
import css from "./Plots.module.css";
import { share } from "./scale";

const SIDE = 240;
const x = (value: number) => 34 + value * SIDE;
const y = (value: number) => 10 + (1 - value) * SIDE;

interface Props {
  curves: readonly { class: string; points: number[][] }[];
}

/** How precise a class stays as more of it is found; one class stands out, the others are drawn behind it. */
export function PrecisionRecall({ curves }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const curve = curves.find((one) => one.class === chosen) ?? curves[0];
  if (!curve) return null;
  return (
    <Figure
      title={say("pr")}
      hint={say("prHint")}
      chart={
        <>
          <NativeSelect
            aria-label={say("by_classes")}
            value={curve.class}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={curves.map((one) => one.class)}
            w={200}
            mb={4}
          />
          <svg className={css.plot} viewBox="0 0 290 290" role="img" aria-label={say("pr")}>
            <rect className={css.frame} x={x(0)} y={y(1)} width={SIDE} height={SIDE} />
            {curves.map((one) => (
              <path key={one.class} className={css.behind} d={pathOf(one.points, x, y)} />
            ))}
            <path className={css.line} d={pathOf(curve.points, x, y)} />
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
              {say("recall")}
            </text>
            <text transform={`translate(8 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
              {say("precision")}
            </text>
          </svg>
        </>
      }
      table={
        <Table aria-label={say("pr")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("recall")}</Table.Th>
              <Table.Th ta="right">{say("precision")}</Table.Th>
              <Table.Th ta="right">{say("confidence")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {curve.points
              .filter((_, place) => place % 10 === 0)
              .map(([recall, precision, confidence]) => (
                <Table.Tr key={recall}>
                  <Table.Td>{share(recall)}</Table.Td>
                  <Table.Td ta="right">{share(precision)}</Table.Td>
                  <Table.Td ta="right">{confidence?.toFixed(2)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}
