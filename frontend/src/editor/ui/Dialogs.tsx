import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, lazy, Suspense, useRef, useState } from "react";
import { useDesk, useDeskState, useSessionState } from "./context";
import { t } from "./words";

/** Opened now and then: it need not come along with every task. */
const KeymapDialog = lazy(() => import("./KeymapDialog").then((m) => ({ default: m.KeymapDialog })));

export default function Dialogs() {
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
