import { Button, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Issue, Remark } from "../sync/port";
import { useDesk, useDeskState, useEditorState, useIssues, useSessionState } from "./context";
import css from "./Editor.module.css";
import { t } from "./words";

export function IssuePins() {
  const any = useIssues().length > 0;
  const writing = useDeskState((s) => s.pin !== null);
  return any || writing ? <Pins /> : null;
}

/** Small buttons over the image; the wheel goes through them to the canvas below. */
function Pins() {
  const desk = useDesk();
  const issues = useIssues();
  const view = useEditorState((s) => s.view);
  const pin = useDeskState((s) => s.pin);
  const open = useDeskState((s) => s.openIssue);
  const layer = useRef<HTMLDivElement>(null);
  const place = (x: number, y: number) => ({ left: x * view.k + view.x, top: y * view.k + view.y });

  useEffect(() => {
    const pass = (e: WheelEvent) => {
      if (!(e.target instanceof Element) || !e.target.closest("[data-pin]")) return;
      e.preventDefault();
      desk.region?.dispatchEvent(new WheelEvent("wheel", e));
    };
    const element = layer.current;
    element?.addEventListener("wheel", pass, { passive: false });
    return () => element?.removeEventListener("wheel", pass);
  }, [desk]);

  return (
    <div className={css.pins} ref={layer}>
      {issues.map(
        (issue, i) =>
          issue.x !== null &&
          issue.y !== null && (
            <button
              key={issue.id}
              type="button"
              className={css.pin}
              style={place(issue.x, issue.y)}
              data-pin
              data-resolved={issue.resolved || undefined}
              aria-label={t("issuePin", { number: i + 1, text: issue.text })}
              aria-expanded={open === issue.id}
              onClick={() => desk.set({ openIssue: open === issue.id ? null : issue.id, pin: null })}
            >
              {issue.resolved ? "✓" : i + 1}
            </button>
          ),
      )}
      {pin && (
        <Paper className={css.bubble} style={place(pin.x, pin.y)} withBorder shadow="md" p="xs">
          <NewIssue />
        </Paper>
      )}
    </div>
  );
}

function NewIssue() {
  const desk = useDesk(),
    [text, setText] = useState(""),
    pin = useDeskState((s) => s.pin),
    busy = useSessionState((s) => s.busy);
  const close = () => {
    desk.set({ pin: null });
    desk.home();
  };
  const send = async (e: FormEvent) => {
    e.preventDefault();
    if (!text.trim() || !pin) return;
    await desk.session.threads.open({ ...pin, text: text.trim() });
    close();
  };
  return (
    <form onSubmit={send}>
      <Stack gap="xs">
        <Textarea
          label={t("newIssue")}
          placeholder={t("issueText")}
          autosize
          minRows={2}
          maxRows={6}
          value={text}
          data-autofocus
          autoFocus
          maxLength={4000}
          onChange={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "Escape") close();
            if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
              e.stopPropagation();
              void send(e);
            }
          }}
        />
        <Group gap="xs" justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" disabled={!text.trim()} loading={busy === "issue"}>
            {t("pin")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A thread: what was said, an answer, and whether it is settled. */
export function IssueThread({ issue }: { issue: Issue }) {
  const { session } = useDesk();
  const [text, setText] = useState("");
  const [said, setSaid] = useState<readonly Remark[]>([]);
  const port = session.loaded.port;
  const task = session.task.id;
  const busy = useSessionState((s) => s.busy === "issue");
  const { id, commentCount } = issue;

  useEffect(() => {
    let gone = false;
    if (commentCount)
      port.comments(task, id).then(
        (rows) => !gone && setSaid(rows),
        () => undefined,
      );
    return () => {
      gone = true;
    };
  }, [port, task, id, commentCount]);

  const answer = async (e: FormEvent) => {
    e.preventDefault();
    if (!text.trim()) return;
    await session.threads.answer(issue, text.trim());
    setText("");
  };
  return (
    <Stack gap={6} py={6}>
      {said.map((c) => (
        <Text key={c.id} size="sm">
          <Text span size="xs" c="dimmed">
            {c.author}{" "}
          </Text>
          {c.text}
        </Text>
      ))}
      <form onSubmit={answer}>
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <Textarea
            aria-label={t("reply")}
            placeholder={t("reply")}
            autosize
            minRows={1}
            maxRows={4}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            flex={1}
            maxLength={4000}
          />
          <Button type="submit" variant="default" disabled={!text.trim()} loading={busy}>
            {t("reply")}
          </Button>
        </Group>
      </form>
      <Button
        variant="subtle"
        size="compact-xs"
        loading={busy}
        onClick={() => void session.threads.settle(issue, !issue.resolved)}
      >
        {issue.resolved ? t("reopen") : t("resolve")}
      </Button>
    </Stack>
  );
}
