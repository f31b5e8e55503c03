import { Group, Text, Title } from "@mantine/core";
import type { GridBatch } from "../../api/grid";
import { Tile } from "../../grid/Grid";
import classes from "./GridPage.module.css";
import { say } from "./messages";

function titleOf({ missing, heading }: GridBatch): string {
  if (!missing) return heading.class ?? say("mixed");
  return heading.class ? say("missingOf", { class: heading.class }) : say("missingAny");
}

/** The class that the labels should all be of, and what it looks like. */
export function Heading({ batch, title }: { batch: GridBatch | null; title: string }) {
  const { references = [], class: name = null } = batch?.heading ?? {};
  const shown = references.filter(({ atlas_url }) => atlas_url);
  const key = references.every(({ confirmed }) => confirmed) ? "references" : "unconfirmed";
  return (
    <Group gap="md" wrap="nowrap" mih={48}>
      <Title order={1} size="h2" style={{ whiteSpace: "nowrap", overflow: "hidden", textOverflow: "ellipsis" }}>
        {batch ? titleOf(batch) : title}
      </Title>
      {name && shown.length > 0 && (
        <>
          <div className={classes.references} role="img" aria-label={say(key, { class: name })}>
            {shown.map((tile) => (
              <Tile key={tile.id} tile={tile} cell={48} />
            ))}
          </div>
          <Text size="xs" c="dimmed" visibleFrom="md">
            {say(key, { class: name })}
          </Text>
        </>
      )}
    </Group>
  );
}
