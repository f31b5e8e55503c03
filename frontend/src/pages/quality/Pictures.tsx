import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { IconButton } from "../../ui/bits";
import { TextLink } from "../../ui/links";
import { say } from "./messages";
import css from "./Pictures.module.css";

interface Picture {
  task: string;
  data_unit: string;
  name: string;
  thumbnail_url: string;
  words: ReactNode;
  hint?: string;
}

interface Props {
  project: string;
  rows: readonly Picture[];
  onOpen: (unit: Picture) => void;
  /** Few pictures that are compared with each other. */
  large?: boolean;
}

/** Thumbnails with a word each: the name goes to the task, the glass to images that look alike. */
export function Pictures({ project, rows, onOpen, large }: Props) {
  return (
    <ul className={css.pictures} data-large={large || undefined}>
      {rows.map((row) => (
        <li key={row.data_unit} className={css.picture} title={row.hint}>
          <img src={row.thumbnail_url} alt="" loading="lazy" decoding="async" />
          <div className={css.line}>
            <TextLink size="xs" truncate to="/projects/$project/tasks/$task" params={{ project, task: row.task }}>
              {row.name}
            </TextLink>
            <IconButton
              icon="search"
              size="sm"
              label={say("alikeTo", { name: row.name })}
              onClick={() => onOpen(row)}
            />
          </div>
          <Text size="xs" c="dimmed" component="div">
            {row.words}
          </Text>
        </li>
      ))}
    </ul>
  );
}
