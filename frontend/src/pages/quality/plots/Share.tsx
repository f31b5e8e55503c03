import css from "./Plots.module.css";
import { between, place } from "./scale";

interface Props {
  middle: number | null;
  low: number | null;
  high: number | null;
  most?: number;
  /** Where one would like to be. */
  goal?: number;
}

/** A share as a dot with its interval; for who listens, in words. */
export function Share({ middle, low, high, most = 1, goal }: Props) {
  const at = (value: number) => `${place(value, most)}%`;
  return (
    <div className={css.track} role="img" aria-label={between(middle, low, high)}>
      {goal !== undefined && goal <= most && <span className={css.goal} style={{ left: at(goal) }} />}
      {low !== null && high !== null && (
        <span className={css.whisker} style={{ left: at(low), width: `${place(high, most) - place(low, most)}%` }} />
      )}
      {middle !== null && <span className={css.dot} style={{ left: at(middle) }} />}
    </div>
  );
}
