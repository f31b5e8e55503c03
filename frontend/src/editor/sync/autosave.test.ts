import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import type { Label } from "../core/types";
import { box, editorWith } from "../dev/fixtures";
import { Autosave } from "./autosave";
import { IdbOutbox, MemoryOutbox, nextSeq, type OutboxStore } from "./outbox";
import { Failure, type LabelDelta, type TaskPort } from "./port";

/** Labels with revisions, and failures on order. */
class Server {
  revision = 1;
  labels = new Map<string, Label>();
  calls: { delta: LabelDelta; key: string; etag: string | null }[] = [];
  fail: Failure[] = [];
  /** The answer is lost on its way, but the work was done. */
  loseAnswer = false;
  private readonly answered = new Map<string, number>();

  state = async () => ({ revision: this.revision, etag: `"${this.revision}"`, labels: [...this.labels.values()] });

  save: TaskPort["save"] = async (_task, delta, { etag, key }) => {
    this.calls.push({ delta, key, etag });
    const failure = this.fail.shift();
    if (failure) throw failure;
    const before = this.answered.get(key);
    if (before) return { revision: before, etag: `"${before}"` };
    if (etag !== `"${this.revision}"`) throw new Failure("stale", "stale");
    for (const l of delta.upsert) this.labels.set(l.id, l);
    for (const id of delta.delete) this.labels.delete(id);
    this.answered.set(key, ++this.revision);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new Failure("network", "lost");
    }
    return { revision: this.revision, etag: `"${this.revision}"` };
  };
}

const open: Autosave[] = [];
const written = () => new Promise((done) => setTimeout(done));
afterEach(() => {
  for (const a of open.splice(0)) a.close();
});

async function set(outbox: OutboxStore = new MemoryOutbox()) {
  const server = new Server();
  server.labels.set("a", box("a", 0, 0, 10, 10));
  const editor = editorWith(...server.labels.values());
  const autosave = new Autosave(
    {
      port: { save: server.save } as TaskPort,
      outbox,
      editor,
      task: "t",
      scope: "ann:t",
      token: () => 1,
      reload: server.state,
      debounceMs: 1e6,
      backoffMs: [1e6],
    },
    await server.state(),
  );
  open.push(autosave);
  return { server, editor, autosave, outbox, kind: () => autosave.store.getState().kind };
}

describe("autosave", () => {
  it("writes to the outbox before any request, sends many edits as one, and leaves nothing behind", async () => {
    const { server, editor, autosave, outbox, kind } = await set();
    editor.put("Put", box("b", 5, 5, 5, 5));
    editor.put("Move", box("b", 6, 5, 5, 5));
    editor.remove("Delete", ["a"]);
    expect([kind(), server.calls.length]).toEqual(["pending", 0]);
    await written();
    expect(await outbox.list("ann:t")).toHaveLength(3);
    expect(await autosave.flush()).toBe(true);
    expect(server.calls.map((c) => [c.delta.upsert.length, c.delta.delete])).toEqual([[1, ["a"]]]);
    expect([await outbox.list("ann:t"), await outbox.batch("ann:t"), kind()]).toEqual([[], null, "saved"]);
  });

  it("repeats a save whose answer was lost word for word, and counts it once", async () => {
    const { server, editor, autosave, kind } = await set();
    server.loseAnswer = true;
    editor.put("Put", box("b", 5, 5, 5, 5));
    expect(await autosave.flush()).toBe(false);
    expect(kind()).toBe("offline");
    editor.put("Put", box("c", 5, 5, 5, 5));
    expect(await autosave.flush()).toBe(true);
    expect(server.calls.map((c) => c.key === server.calls[0]?.key)).toEqual([true, true, false]);
    expect([server.revision, [...server.labels.keys()]]).toEqual([3, ["a", "b", "c"]]);
  });

  it("rebases silently on changes of other labels", async () => {
    const { server, editor, autosave } = await set();
    server.labels.set("z", box("z", 1, 1, 2, 2));
    server.revision++;
    editor.put("Put", box("b", 5, 5, 5, 5));
    expect(await autosave.flush()).toBe(true);
    expect([...server.labels.keys()]).toEqual(["a", "z", "b"]);
    expect(editor.scene.get("z")).toBeDefined();
    expect(editor.history.canUndo).toBe(true);
  });

  it.each(["mine", "theirs"] as const)("asks about a label that both changed, and takes %s", async (side) => {
    const { server, editor, autosave, kind } = await set();
    server.labels.set("a", box("a", 9, 0, 10, 10));
    server.revision++;
    editor.put("Move", box("a", 5, 0, 10, 10));
    expect(await autosave.flush()).toBe(false);
    expect([kind(), autosave.store.getState().conflicts.length, server.labels.get("a")?.geometry]).toEqual([
      "conflict",
      1,
      { x: 9, y: 0, width: 10, height: 10 },
    ]);
    autosave.choose("a", side);
    await autosave.flush();
    const x = side === "mine" ? 5 : 9;
    expect([server.labels.get("a")?.geometry, editor.scene.get("a")?.geometry]).toEqual([
      { x, y: 0, width: 10, height: 10 },
      { x, y: 0, width: 10, height: 10 },
    ]);
  });

  it("keeps everything when the claim is lost, and sends it when it is regained", async () => {
    const { server, editor, autosave, outbox, kind } = await set();
    server.fail = [new Failure("lost", "somebody else")];
    editor.put("Put", box("b", 5, 5, 5, 5));
    expect(await autosave.flush()).toBe(false);
    editor.put("Put", box("c", 5, 5, 5, 5));
    await written();
    expect([kind(), (await outbox.list("ann:t")).length, autosave.store.getState().waiting]).toEqual(["lost", 2, 2]);
    expect(await autosave.retry()).toBe(true);
    expect([...server.labels.keys()]).toEqual(["a", "b", "c"]);
  });

  it("takes up what an earlier visit left, with the save it had begun", async () => {
    const { server, editor, autosave, outbox } = await set(),
      seq = nextSeq(),
      b = box("b", 5, 5, 5, 5);
    const entry = { seq, at: 0, kind: "label", id: "b", base: null, mine: b } as const;
    await outbox.add("ann:t", [entry]);
    await outbox.setBatch("ann:t", { key: "old", etag: '"1"', upto: seq, upsert: [b], delete: [] });
    editor.absorb([{ id: "b", after: b }]);
    autosave.resume([entry]);
    expect(await autosave.flush()).toBe(true);
    expect([server.calls[0]?.key, [...server.labels.keys()], await outbox.list("ann:t")]).toEqual([
      "old",
      ["a", "b"],
      [],
    ]);
  });
});

it("the browser's outbox keeps one person's work at one task apart from all other", async () => {
  const outbox = await IdbOutbox.open("test"),
    entry = (seq: number) => ({ seq, at: 0, kind: "label", id: String(seq), base: null, mine: null }) as const;
  await outbox.add("ann:t", [entry(2), entry(1)]);
  await outbox.add("bob:t", [entry(1)]);
  await outbox.setBatch("ann:t", { key: "k", etag: null, upto: 2, upsert: [], delete: [] });
  await outbox.drop("ann:t", [1]);
  expect((await outbox.list("ann:t")).map((e) => e.seq)).toEqual([2]);
  expect((await outbox.list("bob:t")).map((e) => e.seq)).toEqual([1]);
  expect([(await outbox.batch("ann:t"))?.key, await outbox.batch("bob:t")]).toEqual(["k", null]);
});
