import { Text } from "@mantine/core";
import { tints } from "../matrix";
import { say } from "../messages";
import css from "./Plots.module.css";

export interface Cell {
  label: string;
  predicted: string;
}

interface Props {
  classes: readonly string[];
  counts: readonly (readonly number[])[];
  onOpen: (cell: Cell) => void;
}

/** Labels in rows, predictions in columns; the last of both is nothing. A cell opens what is behind it. */
export function Confusion({ classes, counts, onOpen }: Props) {
  const strength = tints(counts);
  return (
    <figure className={css.figure} aria-label={say("confusion")}>
      <Text component="figcaption" size="sm" fw={600}>
        {say("confusion")}
      </Text>
      <Text size="xs" c="dimmed" mb={4}>
        {say("confusionHint")}
      </Text>
      <div className={css.wide}>
        <table className={css.matrix}>
          <thead>
            <tr>
              <td />
              {classes.map((name) => (
                <th key={name} scope="col" title={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((label, row) => (
              <tr key={label}>
                <th scope="row" title={label}>
                  {label}
                </th>
                {classes.map((predicted, column) => {
                  const count = counts[row]?.[column] ?? 0;
                  const share = strength[row]?.[column] ?? 0;
                  return (
                    <td
                      key={predicted}
                      data-right={row === column || undefined}
                      style={{ "--strength": `${Math.round(share * 70)}%` } as React.CSSProperties}
                    >
                      {count > 0 && (
                        <button
                          type="button"
                          aria-label={say("cellOf", { count, label, predicted })}
                          onClick={() => onOpen({ label, predicted })}
                        >
                          {count}
                        </button>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
