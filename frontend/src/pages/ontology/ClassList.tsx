import { Badge, Button, ColorSwatch, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { t, tValue } from "../../app/t";
import { IconButton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import classes from "./ClassList.module.css";
import { type DraftClass, moveAt, newClass, removeAt, replaceAt } from "./draft";

interface Props {
  value: DraftClass[];
  active: string | null;
  onActive: (key: string) => void;
  onChange: (value: DraftClass[]) => void;
  problems: ReadonlyMap<string, string>;
}

/** The object classes in their order, which is also the order of their number keys in the editor. */
export function ClassList({ value, active, onActive, onChange, problems }: Props) {
  const add = () => {
    const made = newClass(value);
    onChange([...value, made]);
    onActive(made.key);
  };
  return (
    <Stack gap={2}>
      {value.map((object, index) => (
        <Group
          key={object.key}
          gap={2}
          wrap="nowrap"
          className={classes.row}
          data-active={object.key === active || undefined}
        >
          <UnstyledButton
            className={classes.name}
            onClick={() => onActive(object.key)}
            aria-current={object.key === active}
          >
            <ColorSwatch size={12} color={object.color ?? "#868e96"} withShadow={false} />
            <div className={classes.text}>
              <Text size="sm" truncate c={problems.has(object.key) ? "red" : undefined}>
                {object.name || t("ontology.unnamed")}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {tValue("shape", object.shape)}
              </Text>
            </div>
            {object.archived && <Badge>{t("common.archived")}</Badge>}
          </UnstyledButton>
          {object.archived ? (
            <IconButton
              icon="archive-off"
              label={t("common.restore")}
              onClick={() => onChange(replaceAt(value, index, { ...object, archived: false }))}
            />
          ) : (
            <>
              <IconButton
                icon="arrow-up"
                label={t("ontology.up")}
                disabled={index === 0}
                onClick={() => onChange(moveAt(value, index, -1))}
              />
              <IconButton
                icon={object.id ? "archive" : "trash"}
                label={object.id ? t("common.archive") : t("common.remove")}
                onClick={() => onChange(removeAt(value, index))}
              />
            </>
          )}
        </Group>
      ))}
      <Group mt={4}>
        <Button variant="default" leftSection={<Icon name="plus" size={14} />} onClick={add}>
          {t("ontology.addClass")}
        </Button>
      </Group>
    </Stack>
  );
}
