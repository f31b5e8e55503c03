import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, lazy, Suspense, useRef, useState } from "react";
import type { Label } from "../core/types";
import { useDesk, useDeskState, useSaveState, useSessionState } from "./context";
import css from "./Editor.module.css";
import { t } from "./words";

/** Opened now and then: it need not come along with every task. */
const KeymapDialog = lazy(() => import("./KeymapDialog").then((m) => ({ default: m.KeymapDialog })));

export function Dialogs() {
  const desk = useDesk(),
    { session } = desk,
    dialog = useDeskState((s) => s.dialog),
    askEmpty = useSessionState((s) => s.askEmpty);
  const keys = useRef(false);
  keys.current ||= dialog === "keymap";
  const close = () => {
    desk.set({ dialog: null });
    desk.home();
  };
  return (
    <>
      {keys.current && (
        <Suspense fallback={null}>
          <KeymapDialog opened={dialog === "keymap"} onClose={close} />
        </Suspense>
      )}
      <Ask
        opened={dialog === "skip"}
        title={t("skipTitle")}
        field={t("reason")}
        yes={t("skip")}
        required
        onClose={close}
        onYes={(text) => void session.skip(text)}
      />
      <Ask
        opened={dialog === "escalate"}
        title={t("escalateTitle")}
        field={t("reason")}
        yes={t("escalate")}
        required
        onClose={close}
        onYes={(text) => void session.escalate(text)}
      />
      <Ask
        opened={dialog === "reject"}
        title={t("rejectTask")}
        field={t("comment")}
        yes={t("rejectTask")}
        onClose={close}
        onYes={(text) => void session.finish("reject", text)}
      />
      <Modal opened={askEmpty} onClose={() => session.store.setState({ askEmpty: false })} title={t("emptyTitle")}>
        <Text size="sm" mb="md">
          {t("emptyText")}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => session.store.setState({ askEmpty: false })}>
            {t("cancel")}
          </Button>
          <Button data-autofocus onClick={() => void session.submit(true)}>
            {t("emptyYes")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

interface AskProps {
  opened: boolean;
  title: string;
  field: string;
  yes: string;
  required?: boolean;
  onClose: () => void;
  onYes: (text: string) => void;
}

function Ask({ opened, title, field, yes, required = false, onClose, onYes }: AskProps) {
  const [text, setText] = useState("");
  const send = (e: FormEvent) => {
    e.preventDefault();
    if (required && !text.trim()) return;
    onClose();
    onYes(text.trim());
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={send}>
        <Stack gap="sm">
          <Textarea
            label={field}
            required={required}
            data-autofocus
            autosize
            minRows={2}
            maxLength={1000}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) send(e);
            }}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" disabled={required && !text.trim()}>
              {yes}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

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
