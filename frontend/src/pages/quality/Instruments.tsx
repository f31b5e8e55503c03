import { Table, Text } from "@mantine/core";
import { useGridFigures } from "../../api/quality";
import type { QualityFigures, QualityInstrument } from "../../api/types";
import { Section } from "../../ui/Page";
import { Loaded } from "../../ui/states";
import { Wide } from "../../ui/Wide";
import { rate, timesFaster } from "./instruments";
import { say } from "./messages";
import css from "./People.module.css";
import { Share } from "./plots/Share";
import { between, duration } from "./plots/scale";

type Sensitivity = QualityInstrument["sensitivity"];

function Unknown() {
  return (
    <Text span size="xs" c="dimmed">
      {say("unknownYet")}
    </Text>
  );
}

/** Before a known error was shown there is only what is assumed of everybody, which is no measurement. */
function Found({ by: { mean, low, high, n } }: { by: Sensitivity }) {
  return (
    <>
      <Table.Td miw={140}>{n > 0 && <Share middle={mean} low={low} high={high} />}</Table.Td>
      <Table.Td className={css.number}>
        {n > 0 ? (
          <>
            {between(mean, low, high)}
            <Text size="xs" c="dimmed">
              {say("ofKnown", { count: n })}
            </Text>
          </>
        ) : (
          <Unknown />
        )}
      </Table.Td>
    </>
  );
}

function Rows({ figures }: { figures: QualityFigures }) {
  return (
    <Wide label={say("instruments")} least={720}>
      <Table aria-label={say("instruments")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("instrument")}</Table.Th>
            <Table.Th ta="right">{say("verdictsPerMinute")}</Table.Th>
            <Table.Th ta="right">{say("errorsPerMinute")}</Table.Th>
            <Table.Th colSpan={2} title={say("interval")}>
              {say("sensitivity")}
            </Table.Th>
            <Table.Th ta="right">{say("measuredIn")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(["grid", "review"] as const).map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400}>
                {say(`instrument_${name}`)}
              </Table.Th>
              <Table.Td ta="right">{rate(figures[name].verdicts_per_minute) ?? <Unknown />}</Table.Td>
              <Table.Td ta="right">{rate(figures[name].errors_per_minute) ?? <Unknown />}</Table.Td>
              <Found by={figures[name].sensitivity} />
              <Table.Td ta="right">
                {say("verdictsIn", {
                  count: figures[name].verdicts,
                  errors: figures[name].errors,
                  time: duration(figures[name].minutes * 60),
                })}
              </Table.Td>
            </Table.Tr>
          ))}
          {figures.classes.map((one) => (
            <Table.Tr key={one.class}>
              <Table.Th scope="row" fw={400} colSpan={3}>
                <Text span size="sm" c="dimmed">
                  {say("gridOf", { class: one.class })}
                </Text>
              </Table.Th>
              <Found by={one} />
              <Table.Td />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

/** How fast the grid and the review of whole images are, and how much of what is wrong each finds, as measured here. */
export function Instruments({ project }: { project: string }) {
  return (
    <Section title={say("instruments")}>
      <Loaded query={useGridFigures(project)}>
        {(figures) => (
          <>
            <Text mb={4}>{timesFaster(figures)}</Text>
            <Rows figures={figures} />
            <Text size="xs" c="dimmed" mt={4} maw={760}>
              {say("instrumentsHint")}
            </Text>
          </>
        )}
      </Loaded>
    </Section>
  );
}
