import { Button, Center, Loader, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { load } from "../sync/load";
import type { TaskPort } from "../sync/port";
import { takeKeymap } from "../sync/preferences";
import { server } from "../sync/server";
import { Session } from "../sync/session";
import { DeskContext } from "./context";
import { Desk } from "./desk";
import { EditorView } from "./EditorView";
import { t } from "./words";

export interface EditorProps {
  taskId: string;
  projectId: string;
  /** The next task was claimed, or there is none. */
  onNext: (taskId: string | null) => void;
  onExit: () => void;
  /** Another answerer than the server: the development page's. */
  port?: TaskPort;
  /** What the person has stored of the keymap. */
  keymap?: Record<string, string> | undefined;
}

/** Opens a task and shows it. One `Desk` lives as long as the task is on screen. */
export default function Editor({ taskId, projectId, onNext, onExit, port = server, keymap }: EditorProps) {
  const [desk, setDesk] = useState<Desk | null>(null),
    [error, setError] = useState<Error | null>(null),
    [attempt, setAttempt] = useState(0);
  const next = useRef(onNext);
  next.current = onNext;
  useDarkByDefault();
  useEffect(() => takeKeymap(keymap), [keymap]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt loads again
  useEffect(() => {
    let gone = false,
      opened: Desk | null = null;
    setError(null);
    load(port, taskId, projectId).then(
      (loaded) => {
        if (gone) return loaded.release();
        opened = new Desk(new Session(loaded, (task) => next.current(task)));
        setDesk(opened);
      },
      (e: Error) => {
        if (!gone) setError(e);
      },
    );
    return () => {
      gone = true;
      opened?.close();
      setDesk(null);
    };
  }, [port, taskId, projectId, attempt]);

  if (error) {
    return (
      <Center h="100dvh">
        <Stack align="center" role="alert">
          <Text fw={600}>{t("failed")}</Text>
          <Text size="sm" c="dimmed">
            {error.message}
          </Text>
          <Button onClick={() => setAttempt(attempt + 1)}>{t("tryAgain")}</Button>
          <Button variant="default" onClick={onExit}>
            {t("exit")}
          </Button>
        </Stack>
      </Center>
    );
  }
  if (!desk)
    return (
      <Center h="100dvh">
        <Loader size="sm" aria-label={t("loading")} />
      </Center>
    );
  return (
    <DeskContext value={desk}>
      <EditorView key={desk.session.task.id} onExit={onExit} />
    </DeskContext>
  );
}

const SCHEME = "data-mantine-color-scheme";

/** Around photographs the editor is dark unless the person chose light. */
function useDarkByDefault(): void {
  const { colorScheme } = useMantineColorScheme();
  useLayoutEffect(() => {
    if (colorScheme !== "auto") return;
    const root = document.documentElement,
      before = root.getAttribute(SCHEME);
    // The provider writes the same attribute whenever it sees fit; while the editor is open, dark it stays.
    const darken = () => {
      if (root.getAttribute(SCHEME) !== "dark") root.setAttribute(SCHEME, "dark");
    };
    darken();
    const watch = new MutationObserver(darken);
    watch.observe(root, { attributeFilter: [SCHEME] });
    return () => {
      watch.disconnect();
      if (before) root.setAttribute(SCHEME, before);
    };
  }, [colorScheme]);
}
