import { Progress, Text } from "@mantine/core";
import { type KeyboardEvent, lazy, type RefCallback, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { GridAsk, GridClass, GridCommitted, GridItem } from "../../api/grid";
import { isFinished, useJob } from "../../api/jobs";
import type { Project } from "../../api/types";
import { describeError } from "../../app/errors";
import { percent } from "../../app/format";
import { notify } from "../../app/notify";
import { singleKeys, useShortcuts } from "../../app/shortcuts";
import { t } from "../../app/t";
import { Closeup, Grid } from "../../grid/Grid";
import { useHand } from "../../grid/useHand";
import { Loading } from "../../ui/states";
import { Bar } from "./Bar";
import classes from "./GridPage.module.css";
import { Heading } from "./Heading";
import { say } from "./messages";
import { useBatches } from "./useBatches";

const NothingHere = lazy(() => import("./Nothing"));

interface Props {
  project: Project;
  ask: GridAsk | null;
  known: readonly GridClass[];
  /** Where tasks with reported labels are sent; nowhere without one. */
  stage: { value: string; label: string } | undefined;
  cell: number;
  area: { ref: RefCallback<HTMLElement | null>; width: number; height: number };
  manager: boolean;
}

/** One screen after the other, and what the hand does on it. */
export function Judging({ project, ask, known, stage, cell, area, manager }: Props) {
  const judging = useBatches(project.id, ask);
  const { batch, marks, setMarks, clock } = judging;
  const [focus, setFocus] = useState(0);
  const [seenOf, setSeenOf] = useState({ id: "", count: 0 });
  const [armed, setArmed] = useState("");
  const [looking, setLooking] = useState<number | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const items = batch?.items ?? [];
  const hand = useHand(items, marks, setMarks, armed);
  const shape = known.find(({ name }) => name === items[0]?.class)?.shape;
  // Another answer is no other class: what is said of a whole image can only be reported.
  const choices =
    shape === "classification" ? [] : known.filter((one) => one.shape === shape && one.name !== batch?.class);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new screen begins at its top.
  useEffect(() => {
    setFocus(0);
    setLooking(null);
    hand.anchor.current = 0;
    // Who is choosing a filter goes on choosing it.
    if (document.activeElement instanceof HTMLSelectElement) return undefined;
    const frame = requestAnimationFrame(() =>
      root.current?.querySelector<HTMLElement>('[data-index="0"]')?.focus({ preventScroll: true }),
    );
    return () => cancelAnimationFrame(frame);
  }, [batch?.id]);
  useEffect(() => {
    const hide = () => document.hidden && clock.pause();
    document.addEventListener("visibilitychange", hide);
    return () => document.removeEventListener("visibilitychange", hide);
  }, [clock]);
  const id = batch?.id ?? "";
  const seen = seenOf.id === id ? seenOf.count : 0;
  const onSeen = useCallback(
    (index: number) => setSeenOf((before) => ({ id, count: Math.max(before.id === id ? before.count : 0, index + 1) })),
    [id],
  );

  const goOn = async () => {
    if (!batch) return;
    if (seen < items.length) {
      root.current?.querySelector("[data-grid]")?.scrollBy({ top: area.height * 0.9 });
      return;
    }
    const committed = await judging.commit(stage?.value ?? "").catch(failed);
    if (committed) tell(committed, stage?.label ?? "", batch.missing);
  };
  const takeBack = async () => {
    const results = await judging.undo().catch(failed);
    if (!results) return;
    const kept = results.filter(({ status }) => status === "kept").length;
    notify({ message: kept ? say("keptOnes", { count: kept }) : say("takenBack"), autoClose: 3_000 });
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const choice = choices[Number(key) - 1];
    if (key === "enter") {
      // A key that is held must not judge a screen that nobody has looked at.
      if (!event.repeat) void goOn();
    } else if (!singleKeys.get()) return;
    else if (key === "z") setLooking(index);
    else if (key === "u") void takeBack();
    else if (choice && choice.name !== items[index]?.class) hand.toggle(index, choice.name);
    else return;
    event.preventDefault();
  };
  useShortcuts([{ keys: "u", label: say("keyUndo"), group: t("help.page"), run: () => void takeBack() }]);

  const looked = looking === null ? undefined : items[looking];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears that somebody is there.
    <div
      ref={root}
      style={{ display: "contents" }}
      onPointerMove={() => clock.tick()}
      onKeyDown={() => clock.tick()}
      onScrollCapture={() => clock.tick()}
    >
      <Heading batch={batch} title={say("title")} />
      {batch?.job && <Making job={batch.job} onEnd={judging.refresh} />}
      {/* It has its room before the first screen is there; where there is none it takes no room. */}
      <div className={classes.bar} hidden={!batch && judging.error !== null}>
        {batch && (
          <Bar
            batch={batch}
            seen={seen}
            marked={marks.size}
            busy={judging.busy}
            canUndo={judging.canUndo}
            choices={choices}
            armed={armed}
            onArm={setArmed}
            onCommit={() => void goOn()}
            onUndo={() => void takeBack()}
            onLook={() => setLooking(focus)}
          />
        )}
      </div>
      <div ref={area.ref} className={classes.area}>
        {!batch && judging.busy && <Loading />}
        {!batch && judging.error !== null && (
          <Suspense fallback={<Loading />}>
            <NothingHere
              error={judging.error}
              project={project.id}
              manager={manager}
              retry={judging.start}
              undo={judging.canUndo ? () => void takeBack() : undefined}
            />
          </Suspense>
        )}
        {batch && (
          <Grid
            key={batch.id}
            items={items}
            marks={marks}
            cell={cell}
            width={area.width}
            height={area.height}
            label={say("grid")}
            mixed={batch.class === null}
            focus={focus}
            name={batch.missing ? nameOfMissing : nameOf}
            onFocus={setFocus}
            onToggle={hand.onToggle}
            onRange={hand.onRange}
            onStroke={hand.onStroke}
            onPaint={hand.onPaint}
            onKey={onKey}
            onLook={setLooking}
            onSeen={onSeen}
          />
        )}
      </div>
      <Text c="dimmed" className={classes.keys}>
        {say("keys")}
      </Text>
      {looked && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: letting Z go, or Escape in the grid, closes it too.
        // biome-ignore lint/a11y/noStaticElementInteractions: as above.
        <div onClick={() => setLooking(null)}>
          <Closeup item={looked} label={say("closeup", { number: (looking ?? 0) + 1 })} />
        </div>
      )}
    </div>
  );
}

function nameOf(item: GridItem, index: number, count: number, mark: string | undefined): string {
  const values = { class: item.class, number: index + 1, count };
  if (mark === undefined) return say("cell", values);
  return mark ? say("cellAs", { ...values, as: mark }) : say("cellFlagged", values);
}

function nameOfMissing(item: GridItem, index: number, count: number, mark: string | undefined): string {
  const values = { class: item.class, number: index + 1, count };
  if (mark === undefined) return say("object", values);
  return mark ? say("objectAs", { ...values, as: mark }) : say("objectMissing", values);
}

/** Nothing is lost: the marks stand as they stood. */
function failed(error: unknown): undefined {
  notify({ message: describeError(error), color: "red" });
}

/** What came of a screen; what did not work stays to be read. */
function tell({ results, sent }: GridCommitted, stage: string, missing: boolean): void {
  const count = (...statuses: string[]) => results.filter(({ status }) => statuses.includes(status)).length;
  const stale = count("stale");
  const refused = count("refused");
  const words = missing
    ? [say("added", { fine: count("fine"), count: count("added") })]
    : [say("done", { fine: count("fine"), marked: count("flagged", "relabeled", "refused") })];
  if (stale) words.push(say(missing ? "staleObjects" : "stale", { count: stale }));
  if (refused) words.push(say(missing ? "notAdded" : "refused", { count: refused }));
  const kept = sent.filter(({ error }) => error !== null);
  if (sent.length > kept.length) words.push(say("sent", { count: sent.length - kept.length, stage }));
  if (kept.length) words.push(say("notSent", { count: kept.length, why: kept[0]?.error?.detail ?? "" }));
  notify({ message: words.join(" "), autoClose: stale || refused || kept.length ? 10_000 : 1_500 });
}

/** How far the pictures are; once they are made they are fetched. */
function Making({ job, onEnd }: { job: string; onEnd: () => Promise<void> }) {
  const { data } = useJob(job);
  const ended = data !== undefined && isFinished(data);
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (ended) void end.current();
  }, [ended]);
  if (data?.state === "failed") return <Text size="sm">{say("unreadable")}</Text>;
  return (
    <>
      <Text size="xs" c="dimmed">
        {say("making")}
      </Text>
      <Progress value={percent(data?.progress ?? 0, 1)} animated aria-label={say("making")} />
    </>
  );
}
