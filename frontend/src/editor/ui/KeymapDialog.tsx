import { Button, Checkbox, Group, Modal, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useStore } from "zustand";
import { chordOf } from "../keys/dispatch";
import { type ActionId, clashes, type KeyRow, keysOf, ROWS, spelled } from "../keys/keymap";
import { keyPreferences, saveKeymap } from "../sync/preferences";
import css from "./Editor.module.css";
import { t } from "./words";

const MODIFIERS = ["Control", "Shift", "Alt", "Meta"];

/** The keymap itself, searchable; a click on a key changes it. */
export function KeymapDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const preferences = useStore(keyPreferences),
    [query, setQuery] = useState(""),
    [changing, setChanging] = useState<ActionId | null>(null),
    [clash, setClash] = useState("");
  const words = query.trim().toLowerCase();
  const shown = ROWS.filter(
    (r) =>
      !words ||
      `${r.title} ${r.group} ${keysOf(r, preferences.overrides).map(spelled).join(" ")}`.toLowerCase().includes(words),
  );
  const take = (row: KeyRow, chord: string) => {
    const others = clashes(row.id, chord, preferences.overrides);
    setClash(others.length ? t("clash", { what: others.map((r) => r.title).join(", ") }) : "");
    setChanging(null);
    void saveKeymap({ ...preferences, overrides: { ...preferences.overrides, [row.id]: chord } });
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t("keymapTitle")} size="lg">
      <Group justify="space-between" mb="xs">
        <TextInput
          aria-label={t("search")}
          placeholder={t("search")}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
          data-autofocus
        />
        <Checkbox
          label={t("singleKeys")}
          checked={preferences.singleKeys}
          onChange={(e) => void saveKeymap({ ...preferences, singleKeys: e.currentTarget.checked })}
        />
      </Group>
      {clash && (
        <Text size="xs" c="orange" role="alert">
          {clash}
        </Text>
      )}
      <Table>
        <Table.Tbody>
          {shown.map((row, i) => (
            <Table.Tr key={row.id}>
              <Table.Td className={css.group}>{row.group !== shown[i - 1]?.group ? row.group : ""}</Table.Td>
              <Table.Td>{row.title}</Table.Td>
              <Table.Td className={css.keys}>
                <button
                  type="button"
                  className={css.plain}
                  aria-label={t("changeKey", { what: row.title })}
                  onClick={() => setChanging(row.id)}
                  onBlur={() => setChanging(null)}
                  onKeyDown={(e) => {
                    if (changing !== row.id || MODIFIERS.includes(e.key) || e.key === "Tab") return;
                    e.preventDefault();
                    e.stopPropagation();
                    if (e.key === "Escape") setChanging(null);
                    else take(row, chordOf(e));
                  }}
                >
                  {changing === row.id
                    ? t("pressKey")
                    : keysOf(row, preferences.overrides).map((k) => (
                        <kbd key={k} className={css.key}>
                          {spelled(k)}
                        </kbd>
                      ))}
                </button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Button variant="default" mt="sm" onClick={() => void saveKeymap({ overrides: {}, singleKeys: true })}>
        {t("resetKeys")}
      </Button>
    </Modal>
  );
}
