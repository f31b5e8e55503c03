import { useCallback, useEffect, useState } from "react";
import { type Ask, type Look, type Shown, schemeOf } from "./screen";

/** What anywidget hands to a view, as far as it is used here. */
export interface Model {
  get(name: string): unknown;
  on(event: string, heard: (...values: never[]) => void): void;
  off(event: string, heard: (...values: never[]) => void): void;
  send(content: unknown): void;
}

type Answer = { did: "done" } | { did: "failed"; why: string } | ({ did: "look" } & Omit<Look, "url">);

const picture = (data: unknown): string | null =>
  data instanceof DataView && data.byteLength > 0
    ? URL.createObjectURL(new Blob([data as DataView<ArrayBuffer>], { type: "image/jpeg" }))
    : null;

interface Screen {
  shown: Shown;
  url: string | null;
}

const read = (model: Model): Screen => ({
  shown: (model.get("shown") ?? {}) as Shown,
  url: picture(model.get("sheet")),
});

/** The kernel's side of the grid: the screen in front, and a way to ask. One question at a time, but for looks. */
export function useKernel(model: Model) {
  const [screen, setScreen] = useState<Screen>(() => read(model));
  const [look, setLook] = useState<Look | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    // The sheet and its description come in one message; by the time a change is told, both are there.
    const changed = () => {
      setScreen(read(model));
      setLook(null);
    };
    const said = (answer: Answer, buffers: DataView[]) => {
      if (answer.did === "look") {
        const { row, width, height, box } = answer;
        setLook({ row, width, height, box, url: picture(buffers[0]) ?? "" });
        return;
      }
      setBusy(false);
      setTrouble(answer.did === "failed" ? answer.why : "");
    };
    model.on("change:shown", changed);
    model.on("msg:custom", said);
    return () => {
      model.off("change:shown", changed);
      model.off("msg:custom", said);
    };
  }, [model]);
  useEffect(() => () => forget(screen.url), [screen.url]);
  useEffect(() => () => forget(look?.url), [look?.url]);

  const ask = useCallback(
    (question: Ask) => {
      if (question.do !== "look") setBusy(true);
      model.send(question);
    },
    [model],
  );
  return { ...screen, look, busy, trouble, ask };
}

function forget(url: string | null | undefined): void {
  if (url) URL.revokeObjectURL(url);
}

const now = (): "light" | "dark" =>
  schemeOf({
    body: (name) => document.body.getAttribute(name),
    root: (name) => document.documentElement.getAttribute(name),
    prefersDark: window.matchMedia("(prefers-color-scheme: dark)").matches,
  });

/** Follows the notebook's theme while it changes. */
export function useScheme(): "light" | "dark" {
  const [scheme, setScheme] = useState(now);
  useEffect(() => {
    const follow = () => setScheme(now());
    const watcher = new MutationObserver(follow);
    watcher.observe(document.body, { attributes: true });
    watcher.observe(document.documentElement, { attributes: true });
    const machine = window.matchMedia("(prefers-color-scheme: dark)");
    machine.addEventListener("change", follow);
    return () => {
      watcher.disconnect();
      machine.removeEventListener("change", follow);
    };
  }, []);
  return scheme;
}
