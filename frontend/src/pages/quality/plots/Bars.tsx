import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import css from "./Plots.module.css";
import { count, place } from "./scale";

interface Row {
  key: string;
  name: ReactNode;
  value: number;
}

/** Amounts as bars with their numbers, the largest first. */
export function Bars({ title, hint, rows }: { title: string; hint?: string; rows: readonly Row[] }) {
  const most = Math.max(...rows.map(({ value }) => value), 1e-9);
  return (
    <section aria-label={title}>
      <Title order={3} size="sm">
        {title}
      </Title>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
      <ul className={css.rows}>
        {rows.map(({ key, name, value }) => (
          <li key={key} className={css.row}>
            <span className={css.name}>{name}</span>
            <span className={css.lane}>
              <span style={{ width: `${place(value, most)}%` }} />
            </span>
            <span className={css.value}>{count(value)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
