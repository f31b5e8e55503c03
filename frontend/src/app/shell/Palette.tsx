import { Group, Modal, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Icon } from "../../ui/Icon";
import { useMe } from "../session";
import { t } from "../t";
import { type Command, filterCommands, useCommands } from "./commands";
import { closeOverlay, useOverlay } from "./overlays";
import classes from "./Palette.module.css";

function List({
  commands,
  active,
  id,
  choose,
}: {
  commands: Command[];
  active: number;
  id: string;
  choose: (command: Command) => void;
}) {
  const current = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the active row is kept in view.
  useEffect(() => {
    // Newer browsers answer a promise, which is no clean-up function.
    void current.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div role="listbox" id={id} aria-label={t("nav.palette")}>
      {commands.map((command, index) => (
        <UnstyledButton
          key={command.group + command.id}
          ref={index === active ? current : undefined}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          tabIndex={-1}
          className={classes.row}
          data-active={index === active || undefined}
          onClick={() => choose(command)}
        >
          <Group gap="sm" wrap="nowrap">
            <Icon name={command.icon} size={15} />
            <Text size="sm" flex={1} truncate>
              {command.label}
            </Text>
            <Text size="xs" c="dimmed">
              {command.group}
            </Text>
          </Group>
        </UnstyledButton>
      ))}
    </div>
  );
}

function PaletteBody() {
  const commands = useCommands(useMe());
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const found = filterCommands(commands, query);
  const choose = (command: Command | undefined) => {
    if (!command) return;
    closeOverlay();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive((index) => Math.min(index + 1, found.length - 1));
    else if (event.key === "ArrowUp") setActive((index) => Math.max(index - 1, 0));
    else if (event.key === "Enter") choose(found[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        size="md"
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        aria-label={t("nav.palette")}
        placeholder={t("palette.hint")}
        leftSection={<Icon name="search" />}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize viewportProps={{ tabIndex: 0 }} mah={360} mt="xs" scrollbarSize={6}>
        <List commands={found} active={active} id={id} choose={choose} />
        {found.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {t("palette.empty")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </>
  );
}

export default function Palette() {
  const open = useOverlay((state) => state.open === "palette");
  return (
    <Modal
      opened={open}
      onClose={closeOverlay}
      withCloseButton={false}
      attributes={{ content: { "aria-label": t("nav.palette") } }}
      size="md"
      yOffset="12vh"
      centered={false}
      padding="xs"
    >
      <PaletteBody />
    </Modal>
  );
}
