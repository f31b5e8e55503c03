import { TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type Ref, useMemo, useRef, useState } from "react";
import { Icon } from "../../ui/Icon";
import { TOOLS_OF } from "../core/editor";
import { useDesk, useEditorState } from "./context";
import css from "./Editor.module.css";
import { takeClass } from "./handlers";
import { Panel } from "./Panel";
import { SHAPE_ICONS } from "./shapes";
import { t } from "./words";

const ROW_PX = 28;
const MANY = 9;

/** Classes by digit, by click and by name. One keeps drawing with the same class until another is taken. */
export function ClassList({ searchRef }: { searchRef: Ref<HTMLInputElement> }) {
  const desk = useDesk(),
    { editor } = desk,
    armed = useEditorState((s) => s.armed),
    recent = useEditorState((s) => s.recent);
  const [query, setQuery] = useState(""),
    list = useRef<HTMLDivElement>(null),
    all = editor.vocabulary.usable;
  const shown = useMemo(() => {
    const words = query.trim().toLowerCase();
    if (words) return all.filter((c) => c.name.toLowerCase().includes(words));
    // The digits stay with the ontology's order; what was used last moves up only where there are more classes than digits.
    const rank = (id: string) => {
      const at = recent.indexOf(id);
      return at < 0 ? recent.length : at;
    };
    return all.length <= MANY ? all : [...all].sort((a, b) => rank(a.id) - rank(b.id));
  }, [all, query, recent]);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const take = (id: string | undefined) => {
    if (!id) return;
    takeClass(desk, id);
    setQuery("");
    desk.home();
  };
  return (
    <Panel title={t("classes")}>
      <TextInput
        ref={searchRef}
        aria-label={t("findClass")}
        placeholder={t("findClass")}
        value={query}
        onChange={(e) => setQuery(e.currentTarget.value)}
        leftSection={<Icon name="search" size={14} />}
        mb={4}
        onKeyDown={(e) => {
          if (e.key === "Enter") {
            e.preventDefault();
            take(shown[0]?.id);
          }
          if (e.key === "Escape") {
            setQuery("");
            desk.home();
          }
        }}
      />
      <div ref={list} className={css.classes}>
        {!shown.length && <p className={css.empty}>{t("noClass")}</p>}
        <ul className={css.virtual} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const found = shown[row.index],
              digit = found ? all.indexOf(found) + 1 : 0;
            return (
              found && (
                <li
                  key={found.id}
                  className={css.row}
                  style={{ transform: `translateY(${row.start}px)`, height: ROW_PX }}
                >
                  <button
                    type="button"
                    className={css.class}
                    aria-pressed={armed === found.id}
                    data-dim={TOOLS_OF[found.shape] ? undefined : ""}
                    title={TOOLS_OF[found.shape] ? found.name : `${found.name}: ${t("noTool")}`}
                    onClick={() => take(found.id)}
                  >
                    <span className={css.swatch} style={{ background: found.color }} aria-hidden />
                    <Icon name={SHAPE_ICONS[found.shape]} size={14} />
                    <span className={css.name}>{found.name}</span>
                    {digit <= 10 && <kbd className={css.key}>{digit % 10}</kbd>}
                  </button>
                </li>
              )
            );
          })}
        </ul>
      </div>
    </Panel>
  );
}
