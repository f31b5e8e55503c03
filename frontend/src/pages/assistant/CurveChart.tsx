import { Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import classes from "./CurveChart.module.css";
import { type Drawn, iouTicks, lossWords, stepTicks } from "./curve";
import { say } from "./messages";

const HEIGHT = 220;
const TOP = 8;
const FOOT = 22;
const SIDE = 40;
const FEW = 30;
const LINES = ["box", "click", "loss"] as const;
const two = (value: number) => value.toFixed(2);

type Line = (typeof LINES)[number];
type Scale = (value: number) => number;

const between =
  (from: number, to: number, start: number, end: number): Scale =>
  (value) =>
    start + ((value - from) / (to - from || 1)) * (end - start);

/** Both IoUs by the left axis, the loss by the right one. */
export function CurveChart({ points }: { points: Drawn[] }) {
  const { ref, width } = useElementSize();
  const label = points.at(-1);
  const ticks = iouTicks(points);
  const most = Math.max(1e-9, ...points.map(({ loss }) => loss ?? 0));
  const right = Math.max(SIDE + 1, width - SIDE);
  const x = between(points[0]?.step ?? 0, label?.step ?? 1, SIDE, right);
  const iou = between(ticks[0] ?? 0, ticks.at(-1) ?? 1, HEIGHT - FOOT, TOP);
  const loss = between(0, most, HEIGHT - FOOT, TOP);
  const placed = (line: Line) =>
    points.flatMap((point) => {
      const value = point[line];
      return value === null ? [] : [{ point, x: x(point.step), y: line === "loss" ? loss(value) : iou(value) }];
    });
  return (
    <div ref={ref}>
      <svg
        className={classes.chart}
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={label ? pointWords(label) : say("curve")}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <path className={classes.rule} d={`M${SIDE} ${iou(tick)}H${right}`} />
            <text x={SIDE - 6} y={iou(tick) + 4} textAnchor="end">
              {two(tick)}
            </text>
          </g>
        ))}
        {[0, most / 2, most].map((tick) => (
          <text key={tick} x={right + 6} y={loss(tick) + 4}>
            {two(tick)}
          </text>
        ))}
        {stepTicks(points).map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - 6} textAnchor="middle">
            {tick}
          </text>
        ))}
        {LINES.map((line) => (
          <g key={line} className={classes[line]}>
            <path
              d={placed(line)
                .map((at, place) => `${place ? "L" : "M"}${at.x} ${at.y}`)
                .join("")}
            />
            {points.length < FEW &&
              placed(line).map((at) => (
                <circle key={at.point.step} cx={at.x} cy={at.y} r={3}>
                  <title>{pointWords(at.point)}</title>
                </circle>
              ))}
          </g>
        ))}
      </svg>
      <Group gap="md" justify="center">
        {LINES.map((line) => (
          <Text key={line} size="xs" className={classes[line]}>
            <span className={classes.key} data-dashed={line === "loss" || undefined} />
            {say(line)}
          </Text>
        ))}
      </Group>
    </div>
  );
}

export const pointWords = ({ step, click, box, loss }: Drawn): string =>
  say("point", { step, click: click.toFixed(3), box: box.toFixed(3), loss: lossWords(loss) });
