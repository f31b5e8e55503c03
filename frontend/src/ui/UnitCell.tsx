import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { TaskUnit } from "../api/types";
import classes from "./UnitCell.module.css";

type Unit = Pick<TaskUnit, "name" | "thumbnail_url">;

export function Thumbnail({ unit, size = 32 }: { unit: Unit; size?: number }) {
  return (
    <img
      src={unit.thumbnail_url ?? undefined}
      alt=""
      width={size}
      height={size}
      loading="lazy"
      decoding="async"
      className={classes.thumbnail}
    />
  );
}

/** An image of a list: its thumbnail and its name. */
export function UnitCell({ unit, hint, name }: { unit: Unit; hint?: ReactNode; name?: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Thumbnail unit={unit} />
      <div className={classes.text}>
        <Text size="sm" truncate title={unit.name} component="div">
          {name ?? unit.name}
        </Text>
        {hint && (
          <Text size="xs" c="dimmed" truncate component="div">
            {hint}
          </Text>
        )}
      </div>
    </Group>
  );
}
