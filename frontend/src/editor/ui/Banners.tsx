import { Alert, Button, Group, Text } from "@mantine/core";
import type { Label } from "../core/types";
import { useDesk, useSaveState, useSessionState } from "./context";
import css from "./Editor.module.css";
import { t } from "./words";

/** What stands between the person and saved work, above the image: unsent changes, conflicts, a lost claim, missing answers. */
export function Banners() {
  const { session } = useDesk(),
    unsent = useSessionState((s) => s.unsent),
    kind = useSaveState((s) => s.kind),
    conflicts = useSaveState((s) => s.conflicts);
  const busy = useSessionState((s) => s.busy),
    faults = useSessionState((s) => s.faults),
    failure = useSessionState((s) => s.failure);
  return (
    <div className={css.banners} aria-live="polite">
      {unsent && (
        <Alert color="yellow" title={t("unsentTitle")} p="xs">
          <Group gap="xs">
            <Text size="sm">
              {t("unsentText", { count: unsent.count, time: new Date(unsent.at).toLocaleString() })}
            </Text>
            <Button onClick={() => session.applyUnsent()}>{t("apply")}</Button>
            <Button variant="default" onClick={() => void session.discardUnsent()}>
              {t("discard")}
            </Button>
          </Group>
        </Alert>
      )}
      {kind === "lost" && (
        <Alert color="yellow" title={t("lostTitle")} p="xs">
          <Group gap="xs">
            <Text size="sm">{t("lostText")}</Text>
            <Button loading={busy === "claim"} onClick={() => void session.claimAgain()}>
              {t("claimAgain")}
            </Button>
          </Group>
        </Alert>
      )}
      {conflicts.map((c) => (
        <Alert key={c.id} color="orange" title={t("conflictTitle")} p="xs">
          <Group gap="xs">
            <Text size="sm">
              {t("conflictMine", { what: said(c.mine) })} · {t("conflictTheirs", { what: said(c.theirs) })}
            </Text>
            <Button onClick={() => session.autosave.choose(c.id, "mine")}>{t("mine")}</Button>
            <Button variant="default" onClick={() => session.autosave.choose(c.id, "theirs")}>
              {t("theirs")}
            </Button>
          </Group>
        </Alert>
      ))}
      {faults.length > 0 && (
        <Alert color="red" p="xs" title={t("faults", { count: faults.length })}>
          {faults[0]?.detail}
        </Alert>
      )}
      {failure && !faults.length && (
        <Alert color="red" p="xs">
          {failure.message}
        </Alert>
      )}
    </div>
  );

  function said(label: Label | null): string {
    if (!label) return t("deleted");
    const box =
      label.shape === "bounding_box"
        ? ` ${Math.round(label.geometry.x)}, ${Math.round(label.geometry.y)}, ${Math.round(label.geometry.width)} × ${Math.round(label.geometry.height)}`
        : "";
    return session.editor.vocabulary.nameOf(label) + box;
  }
}
