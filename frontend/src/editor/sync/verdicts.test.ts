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
  const answer = async (word: string) => {
    const f = fail.shift();
    if (f) throw f;
    said.push(word);
    return `server-${word}`;
  };
  const port = {
    judge: async (_t: string, v: Verdict) => answer(v.id),
    takeBack: async (_t: string, id: string) => void (await answer(`back ${id}`)),
  } as unknown as TaskPort;
  const queue = new VerdictQueue({
    port,
    outbox,
    editor,
    task: "t",
    scope: "rex:t",
    token: () => 1,
    labelsSaved: async () => true,
  });
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

it("one taken back later is taken back on the server", async () => {
  const { editor, queue, said } = set();
  editor.judge("Approve", { key: "a", verdict: verdict("a", "1") });
  await queue.flush();
  editor.undo();
  await queue.flush();
  editor.judge("Reject", { key: "a", verdict: verdict("a", "2", "rejected") });
  await queue.flush();
  expect(said).toEqual(["1", "back server-1", "2"]);
});

it("an edit takes the place of a word that still waits", async () => {
  const { editor, queue, said } = set();
  editor.judge(
    "Reject",
    { key: "a", verdict: verdict("a", "1", "rejected") },
    { key: "b", verdict: verdict("b", "2") },
  );
  queue.supersede(["a"]);
  await queue.flush();
  expect(said).toEqual(["2"]);
});

it("waits out a network that fails", async () => {
  const { editor, queue, said } = set([new Failure("network", "down")]);
  editor.judge("Approve", { key: "a", verdict: verdict("a", "1") });
  expect([await queue.flush(), queue.store.getState().waiting]).toEqual([false, 1]);
  expect([await queue.flush(), said]).toEqual([true, ["1"]]);
});
