import { Badge, Paper, SegmentedControl, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useCalibration } from "../../api/quality";
import type { QualityCalibration, QualityTarget } from "../../api/types";
import { Time } from "../../ui/bits";
import { Empty, Loaded } from "../../ui/states";
import { say } from "./messages";
import { FoundPerLook } from "./plots/FoundPerLook";
import { Reliability } from "./plots/Reliability";
import { share } from "./plots/scale";

const TARGETS = ["label", "task", "missing"] as const;
type Target = (typeof TARGETS)[number];
const two = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

function Facts({ target }: { target: QualityTarget }) {
  const { figures, cap } = target;
  const rows: [string, string][] = [
    [say("verdicts"), String(target.verdicts)],
    [say("errors"), String(target.errors)],
    [say("skill"), two(figures.skill)],
    [say("slope"), two(figures.slope)],
    [
      say("ece"),
      figures.ece === null ? "–" : say("eceOf", { ours: share(figures.ece), constant: share(figures.ece_constant) }),
    ],
    ...(cap.capped > 0
      ? [[say("capped"), say("cappedOf", { count: cap.capped, times: cap.times_median })] as [string, string]]
      : []),
  ];
  return (
    <Table>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400}>
              {name}
            </Table.Th>
            <Table.Td ta="right">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Model({ target, all }: { target: QualityTarget; all: QualityCalibration }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <div>
          <Badge variant="dot" color={target.calibrated ? "green" : "gray"} mb={4}>
            {say(`model_${target.model}`)}
          </Badge>
          <Text size="sm" c="dimmed">
            {say(`modelHint_${target.model}`)}
          </Text>
        </div>
        <Facts target={target} />
        {target.learned.fits_ahead > 0 && target.model !== "learned" && (
          <Text size="sm">
            {say("ahead", { count: target.learned.fits_ahead, needed: target.learned.fits_needed })}
          </Text>
        )}
        {target.effects.length > 0 && (
          <div>
            <Text size="sm" fw={600}>
              {say("effects")}
            </Text>
            <Text size="xs" c="dimmed">
              {say("effectHint")}
            </Text>
            {target.effects.slice(0, 8).map((one) => (
              <Text key={one.class} size="sm">
                {one.class} {one.effect > 0 ? "+" : "−"}
                {Math.abs(one.effect).toFixed(2)}
              </Text>
            ))}
          </div>
        )}
        <Text size="xs" c="dimmed">
          {all.fitted_at && (
            <>
              {say("fittedAt")} <Time at={all.fitted_at} />.{" "}
            </>
          )}
          {all.waiting > 0 && say("waitingFits", { count: all.waiting })}
        </Text>
      </Stack>
    </Paper>
  );
}

function Parts({ all }: { all: QualityCalibration }) {
  const [target, setTarget] = useState<Target>("label");
  const plot = all.reliability[target];
  return (
    <Stack gap="md">
      <SegmentedControl
        w="fit-content"
        value={target}
        onChange={(value) => setTarget(value as Target)}
        data={TARGETS.map((value) => ({ value, label: say(`target_${value}`) }))}
      />
      <SimpleGrid cols={{ base: 1, md: 3 }} spacing="lg">
        <Model target={all.targets[target]} all={all} />
        {plot.bins.length > 0 ? (
          <>
            <Reliability bins={plot.bins} />
            <FoundPerLook points={plot.found_per_look} />
          </>
        ) : (
          <Empty
            icon="history"
            title={say("noPlot")}
            hint={say("noPlotHint", { count: plot.verdicts, needed: plot.needed })}
          />
        )}
      </SimpleGrid>
    </Stack>
  );
}

/** Whether a probability means what it says: what verdicts taught, and how it came true. */
export default function Calibration({ project }: { project: string }) {
  return <Loaded query={useCalibration(project)}>{(all) => <Parts all={all} />}</Loaded>;
}
