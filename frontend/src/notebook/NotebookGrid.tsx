import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { GridItem } from "../api/grid";
import { Clock } from "../grid/clock";
import { Closeup, Grid } from "../grid/Grid";
import { fitted, screenful, tileFor } from "../grid/layout";
import { type Marks, NONE } from "../grid/marks";
import { useHand } from "../grid/useHand";
import { Bar } from "./Bar";
import { Heading } from "./Heading";
import { say } from "./messages";
import { type Model, useKernel, useScheme } from "./model";
import classes from "./notebook.module.css";
import { choicesOf, itemsOf } from "./screen";
import { useEnds } from "./useEnds";

const modified = (event: KeyboardEvent): boolean => event.ctrlKey || event.metaKey || event.altKey;
const typing = (target: EventTarget): boolean =>
  target instanceof HTMLSelectElement || target instanceof HTMLInputElement;

/** The product's grid, with a kernel behind it instead of a server. */
export function NotebookGrid({ model }: { model: Model }) {
  const { shown, url, look, busy, trouble, ask } = useKernel(model);
  const scheme = useScheme();
  const { ref, width, height } = useElementSize();
  const [wanted, setWanted] = useState(() => Number(model.get("tile")) || 96);
  const [marks, setMarks] = useState<Marks>(NONE);
  const [armed, setArmed] = useState("");
  const [focus, setFocus] = useState(0);
  const [looking, setLooking] = useState<number | null>(null);
  const [seenOf, setSeenOf] = useState({ id: 0, count: 0 });
  const [clock] = useState(() => new Clock());
  const acted = useRef(false);
  const root = useRef<HTMLElement>(null);
  const items = useMemo(() => itemsOf(shown, url), [shown, url]);
  const choices = choicesOf(shown);
  const hand = useHand(items, marks, setMarks, armed);
  const cell = fitted(width, wanted);
  const screen = { size: screenful(width, height, cell), tile: tileFor(cell, window.devicePixelRatio) };

  // The first screen is drawn when it is known how much fits.
  const fresh = shown.id === undefined && width > 0 && height > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once; another size counts from the next screen on.
  useEffect(() => {
    if (fresh) ask({ do: "show", ...screen });
  }, [fresh]);

  const id = shown.id ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen begins at its top, with its own marks.
  useEffect(() => {
    setMarks(new Map(Object.entries(shown.marks ?? {})));
    setFocus(0);
    setLooking(null);
    hand.anchor.current = 0;
    clock.take();
    if (!choices.includes(armed)) setArmed("");
    // The focus is the notebook's until somebody has done something here.
    if (!acted.current) return undefined;
    const frame = requestAnimationFrame(() =>
      root.current?.querySelector<HTMLElement>('[data-index="0"], [data-done]')?.focus(),
    );
    return () => cancelAnimationFrame(frame);
  }, [shown]);
  useEffect(() => {
    const hide = () => document.hidden && clock.pause();
    document.addEventListener("visibilitychange", hide);
    return () => document.removeEventListener("visibilitychange", hide);
  }, [clock]);
  const seen = seenOf.id === id ? seenOf.count : 0;
  const ends = useEnds(id);
  const onSeen = useCallback(
    (index: number) => setSeenOf((before) => ({ id, count: Math.max(before.id === id ? before.count : 0, index + 1) })),
    [id],
  );

  const act = (question: Parameters<typeof ask>[0]) => {
    if (busy) return;
    acted.current = true;
    ask(question);
  };
  const goOn = () => {
    if (items.length === 0) return;
    if (seen < items.length) root.current?.querySelector("[data-grid]")?.scrollBy({ top: height * 0.9 });
    else if (!ends.both) ends.follow();
    else if (!busy) act({ do: "commit", id, marks: Object.fromEntries(marks), active_ms: clock.take(), ...screen });
  };
  const undo = () => shown.can_undo && act({ do: "undo" });
  const see = (index: number | null) => {
    const item = index === null ? undefined : items[index];
    if (item && look?.row !== Number(item.id)) ask({ do: "look", row: Number(item.id) });
    setLooking(index);
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    if (modified(event)) return;
    const key = event.key.toLowerCase();
    const choice = choices[Number(key) - 1];
    if (key === "enter") {
      // A key that is held must not judge a screen that nobody has looked at.
      if (!event.repeat) goOn();
    } else if (key === "z") {
      if (!event.repeat) see(index);
    } else if (key === "escape" && looking !== null) setLooking(null);
    else if (choice && Number(key) <= 9 && choice !== items[index]?.class) hand.toggle(index, choice);
    else return;
    event.preventDefault();
  };

  const looked = looking === null ? undefined : items[looking];
  return (
    <section
      ref={root}
      className={classes.root}
      data-scheme={scheme}
      data-lm-suppress-shortcuts="true"
      aria-label={say("grid")}
      style={{ height: Number(model.get("height")) || 640 }}
      onClick={(event) => {
        // Some browsers give a clicked button no focus, and some notebooks take it; the keys need it.
        const inside = event.currentTarget.matches(":focus-within");
        const target = event.target instanceof Element ? event.target.closest("button") : null;
        if (!inside) target?.focus({ preventScroll: true });
      }}
      onPointerMove={() => clock.tick()}
      onScrollCapture={() => clock.tick()}
      onKeyDown={(event) => {
        clock.tick();
        // What is typed here is not the notebook's: its Z and 1 change cells.
        if (!modified(event)) event.stopPropagation();
        if (event.key.toLowerCase() !== "u" || event.defaultPrevented || modified(event) || typing(event.target))
          return;
        event.preventDefault();
        undo();
      }}
    >
      {/* They have their room before there is a screen, so that the first one is no larger than what is seen. */}
      {shown.id !== null && (
        <>
          <Heading
            shown={shown}
            url={url}
            cell={wanted}
            onCell={setWanted}
            onGroup={(group) => act({ do: "show", group, ...screen })}
          />
          <Bar
            shown={shown}
            seen={seen}
            all={seen >= items.length && ends.both}
            marked={marks.size}
            busy={busy}
            choices={choices}
            armed={armed}
            onArm={setArmed}
            onCommit={goOn}
            onUndo={undo}
            onLook={() => see(focus)}
          />
        </>
      )}
      <div role="status" className={classes.trouble}>
        {trouble && <div>{say("failed", { why: trouble })}</div>}
        {(shown.problems ?? 0) > 0 && (
          <div>{say("problems", { count: shown.problems ?? 0, first: shown.problem ?? "" })}</div>
        )}
      </div>
      <div ref={ends.top} className={classes.end} />
      <div ref={ref} className={classes.area}>
        {shown.id === undefined && <p className={classes.faint}>{say("starting")}</p>}
        {shown.id === null && (
          <div className={classes.done} data-done="" tabIndex={-1}>
            <strong>{say("done")}</strong>
            <p>{say("doneHint", { count: shown.verdicts ?? 0, wrong: shown.wrong ?? 0 })}</p>
            <button type="button" disabled={!shown.can_undo || busy} onClick={undo}>
              {say("undo")}
            </button>
          </div>
        )}
        {shown.id != null && width > 0 && (
          <Grid
            key={shown.id}
            items={items}
            marks={marks}
            cell={cell}
            width={width}
            height={height}
            label={say("grid")}
            mixed={shown.class === null}
            focus={focus}
            name={nameOf}
            onFocus={setFocus}
            onToggle={hand.onToggle}
            onRange={hand.onRange}
            onStroke={hand.onStroke}
            onPaint={hand.onPaint}
            onKey={onKey}
            onLook={see}
            onSeen={onSeen}
          />
        )}
      </div>
      <div ref={ends.bottom} className={classes.end} />
      <div className={`${classes.faint} ${classes.keys}`}>{say("keys")}</div>
      {looked && look?.row === Number(looked.id) && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: letting Z go, or Escape in the grid, closes it too.
        // biome-ignore lint/a11y/noStaticElementInteractions: as above.
        <div className={classes.over} onClick={() => setLooking(null)}>
          <Closeup
            item={{ ...looked, image_url: look.url, width: look.width, height: look.height, box: look.box }}
            label={say("closeup", { number: (looking ?? 0) + 1 })}
          />
        </div>
      )}
    </section>
  );
}

function nameOf(item: GridItem, index: number, count: number, mark: string | undefined): string {
  const values = { class: item.class, number: index + 1, count };
  if (mark === undefined) return say("cell", values);
  return mark ? say("cellAs", { ...values, as: mark }) : say("cellFlagged", values);
}
