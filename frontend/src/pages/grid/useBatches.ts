import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import {
  commitBatch,
  dropBatch,
  type GridAsk,
  type GridBatch,
  type GridCommitted,
  openBatch,
  readBatch,
  undoBatch,
} from "../../api/grid";
import { Clock } from "../../grid/clock";
import { type Marks, NONE, toSend } from "../../grid/marks";

interface Done {
  batch: GridBatch;
  marks: Marks;
}

/**
 * One batch after the other: the next is drawn while this one is judged. What was drawn and not judged is given back
 * when the filter changes or the page is left.
 */
export function useBatches(project: string, ask: GridAsk | null) {
  const [batch, setBatch] = useState<GridBatch | null>(null);
  const [marks, setMarks] = useState<Marks>(NONE);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(true);
  const [done, setDone] = useState<readonly Done[]>([]);
  const [clock] = useState(() => new Clock());
  const next = useRef<Promise<GridBatch> | null>(null);
  const turn = useRef(0);
  const held = useRef(new Set<string>());
  const opening = useRef(new Set<Promise<unknown>>());
  const dropping = useRef<Promise<unknown>>(Promise.resolve());
  const wanted = useRef(ask);
  wanted.current = ask;

  const giveBack = useCallback(() => {
    const all = [...held.current].map((id) => dropBatch(project, id));
    held.current.clear();
    dropping.current = Promise.all([dropping.current, ...all]);
  }, [project]);

  const open = useCallback((): Promise<GridBatch> => {
    const mine = turn.current;
    const opened = openBatch(project, wanted.current as GridAsk);
    const known = opened
      .then(({ id }) => {
        held.current.add(id);
        if (mine !== turn.current) giveBack();
      })
      .catch(() => undefined)
      .finally(() => opening.current.delete(known));
    opening.current.add(known);
    return opened;
  }, [project, giveBack]);

  /** As `open`, once everything that was drawn before is back: labels that are held come in no other batch. */
  const openAnew = useCallback(async (): Promise<GridBatch> => {
    const mine = turn.current;
    await Promise.all(opening.current);
    giveBack();
    await dropping.current;
    if (mine !== turn.current) throw new Error("Another filter was chosen meanwhile.");
    return open();
  }, [giveBack, open]);

  const show = useCallback(
    async (coming: Promise<GridBatch>) => {
      const mine = turn.current;
      setBusy(true);
      try {
        let found = await coming;
        // It may have been drawn before its pictures were made.
        if (found.job) found = await readBatch(project, found.id, wanted.current?.tile ?? 96);
        if (mine !== turn.current) return;
        setBatch(found);
        setError(null);
        clock.take();
        const { left, more } = found.heading;
        next.current = left > 0 || more ? open() : Promise.reject(new Problem(409, { code: "nothing_left" }));
        next.current.catch(() => undefined);
      } catch (problem) {
        if (mine !== turn.current) return;
        setBatch(null);
        setError(problem);
      }
      setMarks(NONE);
      setBusy(false);
    },
    [clock, open, project],
  );

  const start = useCallback(() => {
    turn.current += 1;
    setDone([]);
    void show(openAnew());
  }, [openAnew, show]);

  const { size: _size, tile: _tile, ...filter } = ask ?? { size: 0, tile: 96 };
  const asked = ask && JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another grid; another size is not.
  useEffect(() => {
    if (!asked) return undefined;
    start();
    const leave = () => {
      turn.current += 1;
      giveBack();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [asked, project]);

  /** `stage`: where tasks with labels that are just reported go. */
  const commit = async (stage: string): Promise<GridCommitted | undefined> => {
    if (!batch || busy) return undefined;
    setBusy(true);
    try {
      const answer = await commitBatch(project, batch.id, toSend(marks), clock.take(), stage);
      held.current.delete(batch.id);
      setDone((before) => [...before.slice(-9), { batch, marks }]);
      await show(next.current ?? open());
      return answer;
    } finally {
      setBusy(false);
    }
  };

  const undo = async () => {
    const last = done.at(-1);
    if (!last || busy) return undefined;
    setBusy(true);
    try {
      const answer = await undoBatch(project, last.batch.id);
      held.current.add(last.batch.id);
      // What is on the screen now comes next.
      if (batch) {
        const waiting = next.current;
        next.current = Promise.resolve(batch);
        waiting?.then(({ id }) => dropBatch(project, id)).catch(() => undefined);
      }
      setDone((before) => before.slice(0, -1));
      setBatch(last.batch);
      setError(null);
      setMarks(last.marks);
      clock.take();
      return answer.results;
    } finally {
      setBusy(false);
    }
  };

  const refresh = async () => {
    if (!batch) return;
    const found = await readBatch(project, batch.id, wanted.current?.tile ?? 96);
    setBatch((shown) => (shown?.id === found.id ? found : shown));
  };

  return { batch, marks, setMarks, error, busy, clock, commit, undo, canUndo: done.length > 0, start, refresh };
}
