import { Table } from "@mantine/core";
import { Figure } from "../../../ui/Figure";
import { say } from "../messages";
import css from "./Plots.module.css";
import { spanOf } from "./scale";

interface Props {
  bins: readonly number[];
  /** Bins from here on are coloured. */
  from: number;
  title: string;
  hint: string;
}

/** How many tasks have which probability, in bins of equal width from 0 to 1. */
export function Histogram({ bins, from, title, hint }: Props) {
  const most = Math.max(1, ...bins);
  return (
    <Figure
      title={title}
      hint={hint}
      chart={
        <>
          <div className={css.bars} role="img" aria-label={title}>
            {bins.map((count, place) => {
              const [low, high] = spanOf(place, bins.length);
              return (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place.
                  key={place}
                  className={css.bar}
                  data-chosen={low >= from - 1e-9 || undefined}
                  data-none={count === 0 || undefined}
                  style={{ height: `${(count / most) * 100}%` }}
                  title={say("binOf", { count, low: low.toFixed(2), high: high.toFixed(2) })}
                />
              );
            })}
          </div>
          <div className={css.ticks} aria-hidden="true">
            {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
              <span key={tick}>{tick}</span>
            ))}
          </div>
        </>
      }
      table={
        <Table aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("probability")}</Table.Th>
              <Table.Th ta="right">{say("tasks")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {bins.map((count, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place.
              <Table.Tr key={place}>
                <Table.Td>
                  {spanOf(place, bins.length)
                    .map((end) => end.toFixed(2))
                    .join(" – ")}
                </Table.Td>
                <Table.Td ta="right">{count}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}
