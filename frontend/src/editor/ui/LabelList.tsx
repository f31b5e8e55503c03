import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { Icon } from "../../ui/Icon";
import type { Label } from "../core/types";
import { useDesk, useEditorState, useSessionState } from "./context";
import type { Desk } from "./desk";
import css from "./Editor.module.css";
import { reveal } from "./handlers";
import { Panel } from "./Panel";
import { SHAPE_ICONS } from "./shapes";
import { t } from "./words";

const ROW_PX = 30;

/** The canvas in words, for those who do not see it and for those who look for something: one option a label. */
export function LabelList() {
  const desk = useDesk(),
    { editor } = desk,
    version = useEditorState((s) => s.version),
    selection = useEditorState((s) => s.selection);
  const order = useSessionState((s) => s.order),
    list = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the scene's contents
  const labels = useMemo(() => {
    const first = order.flatMap((id) => editor.scene.get(id) ?? []),
      known = new Set(order);
    return [...first, ...editor.scene.list().filter((l) => !known.has(l.id))].filter(
      (l) => l.shape !== "classification",
    );
  }, [version, order, editor]);
  const at = labels.findIndex((l) => l.id === selection[0]);
  const rows = useVirtualizer({
    count: labels.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [at, rows]);

  const choose = (index: number) => {
    const label = labels[Math.max(0, Math.min(labels.length - 1, index))];
    if (!label) return;
    if (desk.session.state.mode === "review") return desk.session.focus(label.id);
    editor.select([label.id]);
    reveal(desk, label.id);
  };
  const key = (e: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: labels.length - 1,
      PageDown: at + 10,
      PageUp: at - 10,
    };
    const next = steps[e.key];
    if (e.key === "Delete" && !editor.state.readOnly) editor.remove("Delete", editor.state.selection);
    else if (e.key === "Enter") desk.home();
    else if (next === undefined) return;
    else choose(next);
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <Panel
      title={t("labels")}
      aside={<span className={css.faint}>{t("labelCount", { count: labels.length })}</span>}
      grow
    >
      {!labels.length && <p className={css.empty}>{t("noLabels")}</p>}
      <div
        ref={list}
        className={css.labels}
        role="listbox"
        aria-label={t("labels")}
        aria-multiselectable
        tabIndex={0}
        onKeyDown={key}
        aria-activedescendant={at >= 0 ? `label-${labels[at]?.id}` : undefined}
      >
        <div className={css.virtual} style={{ height: rows.getTotalSize() }} role="presentation">
          {rows.getVirtualItems().map((row) => {
            const label = labels[row.index];
            return (
              label && (
                <LabelRow
                  key={label.id}
                  label={label}
                  index={row.index}
                  total={labels.length}
                  start={row.start}
                  selected={selection.includes(label.id)}
                  desk={desk}
                  version={version}
                />
              )
            );
          })}
        </div>
      </div>
    </Panel>
  );
}

interface RowProps {
  label: Label;
  index: number;
  total: number;
  start: number;
  selected: boolean;
  desk: Desk;
  version: number;
}

function LabelRow({ label, index, total, start, selected, desk }: RowProps) {
  const { editor, session } = desk,
    verdict = editor.verdicts.get(label.id)?.verdict,
    past = editor.flagged.has(label.id);
  const name = editor.vocabulary.nameOf(label),
    place = placeOf(desk, label.id);
  const pick = (shift: boolean) => {
    const { selection } = editor.state;
    if (shift) return editor.select(selected ? selection.filter((id) => id !== label.id) : [...selection, label.id]);
    if (session.state.mode === "review") return session.focus(label.id);
    editor.select([label.id]);
    reveal(desk, label.id);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options
    // biome-ignore lint/a11y/useFocusableInteractive: focus stays on the listbox, which names the active option
    <div
      id={`label-${label.id}`}
      role="option"
      aria-selected={selected}
      aria-setsize={total}
      aria-posinset={index + 1}
      className={css.row}
      data-option
      style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
      onClick={(e) => pick(e.shiftKey || e.ctrlKey || e.metaKey)}
      onMouseEnter={() => editor.set({ hover: label.id })}
      onMouseLeave={() => editor.set({ hover: null })}
    >
      <span className={css.swatch} style={{ background: editor.vocabulary.object(label.class)?.color }} aria-hidden />
      <Icon name={SHAPE_ICONS[label.shape]} size={14} />
      <span className={css.name}>{name}</span>
      <span className={css.faint}>{place}</span>
      {verdict && (
        <span className={css.verdict} data-verdict={verdict}>
          {verdict === "approved" ? "✓" : "✗"} {t(`verdict.${verdict}`)}
        </span>
      )}
      {!verdict && past && (
        <span className={css.verdict} data-verdict="past">
          ! {t("verdict.rejected")}
        </span>
      )}
    </div>
  );
}

/** Where a label is, in words. */
export function placeOf({ editor }: Desk, id: string): string {
  const item = editor.scene.item(id),
    { width, height } = editor.image;
  if (!item) return "";
  const x = (item.minX + item.maxX) / 2 / width,
    y = (item.minY + item.maxY) / 2 / height;
  return t("position", {
    vertical: t(y < 1 / 3 ? "top" : y < 2 / 3 ? "middle" : "bottom"),
    horizontal: t(x < 1 / 3 ? "left" : x < 2 / 3 ? "centre" : "right"),
  });
}
