import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { type Drawn, iouTicks, lossWords, stepTicks } from "./curve";
import { say } from "./messages";

const two = (value: number) => value.toFixed(2);

/** Loaded on its own: the chart's library is larger than the rest of the page. */
export default function CurveChart({ points }: { points: Drawn[] }) {
  const label = points.at(-1);
  const ticks = iouTicks(points);
  return (
    <LineChart
      h={220}
      data={points}
      dataKey="step"
      role="img"
      aria-label={label ? pointWords(label) : say("curve")}
      withLegend
      withRightYAxis
      withDots={points.length < 30}
      curveType="linear"
      strokeWidth={2}
      valueFormatter={(value) => value.toFixed(3)}
      yAxisProps={{
        ticks,
        domain: [ticks[0] ?? 0, ticks.at(-1) ?? 1],
        tickFormatter: two,
        width: 44,
        allowDataOverflow: true,
      }}
      rightYAxisProps={{ domain: [0, "auto"], tickFormatter: two, width: 44 }}
      xAxisProps={{ type: "number", domain: ["dataMin", "dataMax"], ticks: stepTicks(points) }}
      lineProps={{ isAnimationActive: false }}
      series={[
        { name: "box", label: say("box"), color: "lapis.6" },
        { name: "click", label: say("click"), color: "orange.6" },
        { name: "loss", label: say("loss"), color: "gray.6", yAxisId: "right", strokeDasharray: "4 4" },
      ]}
    />
  );
}

export const pointWords = ({ step, click, box, loss }: Drawn): string =>
  say("point", { step, click: click.toFixed(3), box: box.toFixed(3), loss: lossWords(loss) });
