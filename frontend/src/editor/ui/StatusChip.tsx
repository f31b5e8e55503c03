import { Icon, type IconName } from "../../ui/Icon";
import type { SaveState } from "../sync/autosave";
import { useSaveState } from "./context";
import css from "./Editor.module.css";
import { t } from "./words";

function wordsFor({ kind, waiting, conflicts, failure }: SaveState): string {
  if (kind === "saved" || kind === "saving") return t(kind);
  if (kind === "refused") return t("refused", { detail: failure?.message ?? "" });
  return t(kind, { count: kind === "conflict" ? conflicts.length : waiting });
}

const ICONS: Record<SaveState["kind"], IconName> = {
  saved: "check",
  pending: "clock",
  saving: "refresh",
  offline: "wifi-off",
  conflict: "git-branch",
  lost: "lock",
  refused: "alert-triangle",
};

/** Whether the work is safe, in a word. It speaks up only when that changes. */
export function StatusChip() {
  const state = useSaveState((s) => s);
  return (
    <span className={css.status} data-kind={state.kind} role="status" aria-live="polite">
      <Icon name={ICONS[state.kind]} size={14} /> {wordsFor(state)}
    </span>
  );
}
