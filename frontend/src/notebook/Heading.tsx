import { Tile } from "../grid/Grid";
import { LARGEST, SMALLEST } from "../grid/layout";
import { say } from "./messages";
import classes from "./notebook.module.css";
import type { Shown } from "./screen";

interface Props {
  shown: Shown;
  url: string | null;
  cell: number;
  onCell: (cell: number) => void;
  onGroup: (name: string) => void;
}

/** The class that the labels should all be of, what it looks like, and what else there is to judge. */
export function Heading({ shown, url, cell, onCell, onGroup }: Props) {
  const { group = "", class: own = null, references = [], groups = [], verdicts = 0, per_minute } = shown;
  const words = say(shown.confirmed ? "references" : "likely", { class: own ?? group });
  return (
    <div className={classes.bar}>
      <div className={classes.heading}>
        {/* biome-ignore lint/a11y/useSemanticElements: a heading's level is the notebook's to give. */}
        <span role="heading" aria-level={3} className={classes.title}>
          {group}
        </span>
        {own !== null && references.length > 0 && (
          <div className={classes.references} role="img" aria-label={words} title={words}>
            {references.map(([x, y]) => (
              <Tile key={`${x},${y}`} tile={{ atlas_url: url, x, y, size: shown.tile ?? 96 }} cell={40} />
            ))}
          </div>
        )}
      </div>
      <div className={classes.part}>
        <span className={classes.faint}>
          {per_minute == null ? say("judged", { count: verdicts }) : say("rate", { count: verdicts, rate: per_minute })}
        </span>
        {groups.length > 1 && (
          <select aria-label={say("group")} value={group} onChange={(event) => onGroup(event.currentTarget.value)}>
            {groups.map(([name, count]) => (
              <option key={name} value={name} disabled={count === 0 && name !== group}>
                {say("groupLeft", { name, count })}
              </option>
            ))}
          </select>
        )}
        <input
          type="range"
          aria-label={say("size")}
          min={SMALLEST}
          max={LARGEST}
          step={8}
          value={cell}
          onChange={(event) => onCell(Number(event.currentTarget.value))}
        />
      </div>
    </div>
  );
}
