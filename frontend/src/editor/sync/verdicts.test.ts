import { afterEach, expect, it } from "vitest";
import type { Verdict } from "../core/types";
import { box, editorWith } from "../dev/fixtures";
import { MemoryOutbox } from "./outbox";
import { Failure, type TaskPort } from "./port";
import { VerdictQueue } from "./verdicts";

const verdict = (label: string, id: string, word: Verdict["verdict"] = "approved"): Verdict => ({
  id,
  label,
  verdict: word,
  kind: null,
  class: null,
  geometry: null,
  reason: "",
  elapsedMs: 1,
});
const open: VerdictQueue[] = [];
afterEach(() => {
  for (const q of open.splice(0)) q.close();
});

function set(fail: Failure[] = []) {
  const editor = editorWith(box("a", 0, 0, 5, 5), box("b", 0, 0, 5, 5)),
    said: string[] = [],
    outbox = new MemoryOutbox();
  const port = {
    judge: async (_t: string, v: Verdict) => {
      const f = fail.shift();
      if (f) throw f;
      said.push(v.id);
    },
  } as unknown as TaskPort;
  const queue = new VerdictQueue(port, outbox, editor, "t", "rex:t", async () => true);
  open.push(queue);
  return { editor, queue, said, outbox };
}

it("a verdict taken back before it was sent was never given", async () => {
  const { editor, queue, said, outbox } = set();
  editor.judge("Approve", { key: "a", verdict: verdict("a", "1") });
  editor.undo();
  editor.judge("Reject", { key: "a", verdict: verdict("a", "2", "rejected") });
  expect(await queue.flush()).toBe(true);
  expect([said, await outbox.list("rex:t")]).toEqual([["2"], []]);
});

it("one taken back later must be given anew", async () => {
  const { editor, queue, said } = set();
  editor.judge("Approve", { key: "a", verdict: verdict("a", "1") });
  await queue.flush();
  editor.undo();
  expect([...queue.store.getState().withdrawn]).toEqual(["a"]);
  editor.judge("Reject", { key: "a", verdict: verdict("a", "2", "rejected") });
  await queue.flush();
  expect([said, queue.store.getState().withdrawn.size]).toEqual([["1", "2"], 0]);
});

it("waits out a network that fails", async () => {
  const { editor, queue, said } = set([new Failure("network", "down")]);
  editor.judge("Approve", { key: "a", verdict: verdict("a", "1") });
  expect([await queue.flush(), queue.store.getState().waiting]).toEqual([false, 1]);
  expect([await queue.flush(), said]).toEqual([true, ["1"]]);
});
