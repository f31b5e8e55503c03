import { Table, Text } from "@mantine/core";
import type { Interval } from "../../api/types";
import { Figure } from "../../ui/Figure";
import classes from "./Gains.module.css";
import { leaning, place, type Scale, scaleOf, signed, spoken } from "./interval";
import { say } from "./messages";

interface Row {
  prompt: string;
  gain: Interval;
}

function Line({ row: { prompt, gain }, scale }: { row: Row; scale: Scale }) {
  const at = (value: number) => `${place(scale, value)}%`;
  return (
    <>
      <Text size="sm">{prompt}</Text>
      <div className={classes.track} data-leaning={leaning(gain)} aria-hidden>
        <span className={classes.zero} style={{ left: at(0) }} />
        <span
          className={classes.whisker}
          style={{ left: at(gain.low), width: `${place(scale, gain.high) - place(scale, gain.low)}%` }}
        />
        <span className={classes.dot} style={{ left: at(gain.mean) }} />
      </div>
      <span className={classes.spoken}>{spoken(gain)}</span>
    </>
  );
}

/** What was gained with either prompt, as dots with whiskers about 0. */
export function Gains({ click, box }: { click: Interval | null; box: Interval | null }) {
  const rows: Row[] = [
    ...(click ? [{ prompt: say("byClick"), gain: click }] : []),
    ...(box ? [{ prompt: say("byBox"), gain: box }] : []),
  ];
  if (rows.length === 0) return null;
  const scale = scaleOf(rows.map(({ gain }) => gain));
  return (
    <Figure
      title={say("gains")}
      hint={say("gainsHint")}
      chart={
        <div className={classes.rows}>
          {rows.map((row) => (
            <Line key={row.prompt} row={row} scale={scale} />
          ))}
          <div className={classes.axis} aria-hidden>
            {scale.ticks.map((tick) => (
              <span key={tick} className={classes.tick} style={{ left: `${place(scale, tick)}%` }}>
                {tick === 0 ? "0" : signed(tick, 3).replace(/0$/, "")}
              </span>
            ))}
          </div>
        </div>
      }
      table={
        <Table aria-label={say("gains")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("prompt")}</Table.Th>
              <Table.Th ta="right">{say("mean")}</Table.Th>
              <Table.Th ta="right">{say("low")}</Table.Th>
              <Table.Th ta="right">{say("high")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ prompt, gain }) => (
              <Table.Tr key={prompt}>
                <Table.Td>{prompt}</Table.Td>
                {[gain.mean, gain.low, gain.high].map((value, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: three numbers in their order.
                  <Table.Td key={index} ta="right">
                    {signed(value)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  );
}
