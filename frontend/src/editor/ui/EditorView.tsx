import { VisuallyHidden } from "@mantine/core";
import { lazy, Suspense, useEffect, useRef } from "react";
import { Attributes, ImageQuestions } from "./Attributes";
import { Banners } from "./Banners";
import { Canvas } from "./Canvas";
import { ClassList } from "./ClassList";
import { useDesk, useDeskState, useEditorState, useSessionState } from "./context";
import css from "./Editor.module.css";
import { HandBar } from "./HandBar";
import { LabelList, placeOf } from "./LabelList";
import { ReviewPanel } from "./ReviewPanel";
import { Issues, Returned } from "./SidePanels";
import { Toolbar, TopBar } from "./TopBar";
import { useKeys } from "./useKeys";
import { t } from "./words";

/** For judges alone, and after the image: the task opens without it. */
const EvidencePanel = lazy(() => import("./EvidencePanel"));
/** Opened now and then: they come while the first task is looked at. */
const Dialogs = lazy(() => import("./Dialogs"));

export function EditorView({ onExit }: { onExit: () => void }) {
  const desk = useDesk(),
    { session } = desk,
    mode = useSessionState((s) => s.mode),
    readOnly = useEditorState((s) => s.readOnly),
    marking = useDeskState((s) => s.marking);
  const faults = useSessionState((s) => s.faults),
    search = useRef<HTMLInputElement>(null),
    keys = useKeys(desk, () => search.current?.focus());

  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => {
      if (session.dirty) e.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [session]);

  // A reviewer begins at the least certain label.
  useEffect(() => {
    if (mode === "review" && session.state.holds) session.advance(null);
  }, [mode, session]);

  // The first missing answer gets the focus: its label is selected, its question is brought to the keyboard.
  useEffect(() => {
    const [fault] = faults;
    if (!fault) return;
    if (fault.label) {
      desk.editor.select([fault.label]);
      desk.editor.show([fault.label], 0.4);
    }
    const frame = requestAnimationFrame(() =>
      document.querySelector<HTMLElement>("[data-fault] input, [data-fault] textarea")?.focus(),
    );
    return () => cancelAnimationFrame(frame);
  }, [faults, desk]);

  return (
    <div className={css.editor} {...keys}>
      <TopBar onExit={onExit} />
      <div className={css.body}>
        <aside className={css.side} aria-label={t("sideLeft")}>
          {(!readOnly || marking) && <ClassList searchRef={search} />}
          <ImageQuestions />
        </aside>
        <main className={css.main}>
          <Toolbar />
          <Banners />
          <div className={css.stageBox}>
            <Canvas />
            <HandBar />
            <Notice />
          </div>
          <Announcer />
        </main>
        <aside className={css.side} data-first={mode === "review" || undefined} aria-label={t("sideRight")}>
          {mode === "review" && <ReviewPanel />}
          {session.seesEvidence && (
            <Suspense fallback={null}>
              <EvidencePanel />
            </Suspense>
          )}
          <Returned />
          <Attributes />
          <LabelList />
          <Issues />
        </aside>
      </div>
      <Suspense fallback={null}>
        <Dialogs />
      </Suspense>
    </div>
  );
}

/** What just happened, for eyes and for screen readers. */
function Notice() {
  const notice = useEditorState((s) => s.notice);
  return (
    <div className={css.notice} role="status" aria-live="polite" data-tone={notice?.tone} key={notice?.at}>
      {notice?.text}
    </div>
  );
}

/** What is selected, said to those who do not see the canvas: "RBC, 12 of 40, top left, rejected". */
function Announcer() {
  const desk = useDesk();
  const { editor } = desk;
  const id = useEditorState((s) => (s.selection.length === 1 ? s.selection[0] : undefined));
  const label = id ? editor.scene.get(id) : undefined;
  if (!label) return <VisuallyHidden aria-live="polite" />;
  const all = editor.scene.list().filter((l) => l.shape !== "classification");
  const word = editor.verdicts.get(label.id)?.verdict;
  return (
    <VisuallyHidden aria-live="polite">
      {t("announced", {
        name: editor.vocabulary.nameOf(label),
        at: all.findIndex((l) => l.id === label.id) + 1,
        all: all.length,
        place: placeOf(desk, label.id),
        verdict: word ? `, ${t(`verdict.${word}`)}` : "",
      })}
    </VisuallyHidden>
  );
}
