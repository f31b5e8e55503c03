import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, type AssistInfo, SILENT } from "../core/assist";
import { answer, candidate } from "../dev/prompts";
import { Assist } from "./assist";
import { decodeAnswer, decodeInfo } from "./decodeAssist";
import { type AssistAsk, Failure } from "./port";

const click = (x: number) => ({ ...SILENT, points: [{ x, y: 5, label: 1 as const }] });
const good = answer([candidate(10, 10, 20, 20)]);

class Process {
  asked: (AssistAsk & { at: number })[] = [];
  replies: (Answer | Failure)[] = [];
  info: AssistInfo = {
    enabled: true,
    assistant: "model",
    model: { name: "SAM", family: "vit_b" },
    state: "ready",
    detail: "",
  };
  looks = 0;
  ms = 10;

  async assist(_task: string, ask: AssistAsk, signal: AbortSignal): Promise<Answer> {
    this.asked.push({ ...ask, at: Date.now() });
    await new Promise((done) => setTimeout(done, this.ms));
    if (signal.aborted) throw new Failure("superseded", "");
    const reply = this.replies.shift() ?? good;
    if (reply instanceof Failure) throw reply;
    return reply;
  }
  async assistInfo(): Promise<AssistInfo> {
    this.looks++;
    return this.info;
  }
}

function set() {
  const port = new Process(),
    assist = new Assist({ port, task: "t" }),
    heard: Answer[] = [];
  return { port, assist, heard, use: (a: Answer) => void heard.push(a), state: () => assist.store.getState() };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the assistant of a task", () => {
  it("hears the newest question only, in one session", async () => {
    const { port, assist, heard, use } = set();
    assist.ask(click(1), use);
    assist.ask(click(2), use);
    await pass(50);
    expect([heard.length, port.asked.length]).toEqual([1, 2]);
    expect(port.asked[0]?.session).toBe(port.asked[1]?.session);
    expect(port.asked[1]).toMatchObject({ points: [{ x: 2 }], meanwhile: true });
  });

  it("asks again when it may, says why it waits, and stops when nobody waits any more", async () => {
    const { port, assist, heard, use, state } = set();
    port.replies = [new Failure("busy", "busy", [], 2000, 429), new Failure("busy", "away", [], 5000, 503)];
    assist.ask(click(1), use);
    await pass(50);
    expect(state().trouble?.kind).toBe("busy");
    await pass(2000);
    expect(state().trouble?.kind).toBe("unavailable");
    await pass(5000);
    expect([heard, state().trouble]).toEqual([[good], null]);
    port.replies = [new Failure("network", "offline")];
    assist.ask(click(2), use);
    await pass(50);
    assist.drop();
    await pass(60_000);
    expect([port.asked.length, state().trouble]).toEqual([4, null]);
  });

  it("does not insist on what is refused, and forgets what the model no longer knows", async () => {
    const { port, assist, heard, use, state } = set();
    port.replies = [new Failure("refused", "unknown token", [], null, 400)];
    assist.ask({ ...click(1), token: "old" }, use);
    await pass(50);
    expect([port.asked[0]?.mask, port.asked[1]?.mask, heard.length]).toEqual([{ token: "old" }, undefined, 1]);
    port.replies = [new Failure("refused", "outside", [], null, 400)];
    assist.ask(click(2), use);
    await pass(60_000);
    expect([port.asked.length, state().trouble]).toEqual([3, { kind: "refused", detail: "outside", until: null }]);
  });

  it("shows the classical answer while the image is looked at, and the model's own as soon as it can", async () => {
    const { port, assist, heard, use, state } = set();
    port.info = { ...port.info, state: "warming" };
    port.replies = [
      answer([candidate(1, 1, 5, 5, null)], { warming: true, assistant: "classical", model: "classical" }),
    ];
    assist.look();
    assist.ask(click(1), use);
    await pass(1000);
    expect([heard.length, state().warming]).toEqual([1, true]);
    port.info = { ...port.info, state: "ready" };
    await pass(4000);
    expect([heard.map((a) => a.assistant), state().warming, port.asked.length]).toEqual([
      ["classical", "model"],
      false,
      2,
    ]);
    const { looks } = port;
    await pass(60_000);
    expect(port.looks).toBe(looks);
  });

  it("looks again for one that is away, until it is put out of the hand", async () => {
    const { port, assist, state } = set();
    port.info = { ...port.info, state: "unavailable" };
    assist.look();
    await pass(20_000);
    expect([port.looks, state().info?.state]).toEqual([3, "unavailable"]);
    assist.leave();
    await pass(60_000);
    expect(port.looks).toBe(3);
  });

  it("is quick only while its last answers were", async () => {
    const { port, assist, use } = set();
    expect(assist.quick).toBe(false);
    assist.ask(click(1), use);
    await pass(50);
    expect(assist.quick).toBe(true);
    port.ms = 300;
    expect((await Promise.all([assist.peek(click(3)), pass(500)]))[0]).toEqual(good);
    expect(assist.quick).toBe(false);
  });

  it("finds a way, or says that there is none", async () => {
    const { port, assist, state } = set();
    const path = [
      [0, 0],
      [3, 4],
      [9, 9],
    ] as const;
    port.replies = [answer([], { path }), new Failure("busy", "away", [], 1000, 503)];
    const first = assist.path([0, 0], [9, 9]);
    await pass(50);
    expect(await first).toEqual(path);
    const second = assist.path([9, 9], [20, 9]);
    await pass(50);
    expect([await second, state().trouble?.kind, port.asked[0]?.session === port.asked[1]?.session]).toEqual([
      null,
      "unavailable",
      false,
    ]);
    expect(port.asked[0]).toMatchObject({
      anchors: [
        [0, 0],
        [9, 9],
      ],
      closed: false,
    });
  });
});

it("answers are read leniently", () => {
  expect(
    decodeAnswer({ candidates: [{ geometry: null }, { geometry: { size: [3, 4], counts: "52" }, bbox: null }] }),
  ).toMatchObject({
    candidates: [{ geometry: { size: [3, 4] }, polygons: [], score: null }],
    model: "classical",
    answers: [],
  });
  expect(decodeInfo({ state: "odd", model: { name: "SAM", family: "vit_b", id: "1" } })).toEqual({
    enabled: true,
    assistant: "classical",
    model: { name: "SAM", family: "vit_b" },
    state: "unavailable",
    detail: "",
  });
});
