import { beforeEach, expect, test, vi } from "vitest";
import { api } from "./client";
import { type BulkRequest, sendTasks } from "./tasks";

type Item = { id: string; status: string; error?: { code: string; detail: string } };

const refused = (id: string, code: string): Item => ({ id, status: "refused", error: { code, detail: code } });
const STATES: Record<string, Record<string, Item>> = {
  move: {
    open: { id: "open", status: "done" },
    ended: refused("ended", "ended"),
    held: refused("held", "claimed"),
    there: refused("there", "bad_target"),
  },
  reopen: { ended: { id: "ended", status: "done" } },
};
const asked: BulkRequest[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.spyOn(api, "post").mockImplementation(async (_path: string, body: unknown) => {
    const request = body as BulkRequest;
    asked.push(request);
    return { results: request.tasks.map((id) => STATES[request.action]?.[id]) };
  });
});

test("open tasks are moved, ended ones opened again, and what stays says why", async () => {
  const items = await sendTasks("p", ["held", "ended", "open", "there"], "expert");
  expect(items.map(({ id, status, error }) => [id, status, error?.code])).toEqual([
    ["held", "refused", "claimed"],
    ["ended", "done", undefined],
    ["open", "done", undefined],
    ["there", "refused", "bad_target"],
  ]);
  expect(asked).toEqual([
    { action: "move", tasks: ["held", "ended", "open", "there"], stage: "expert" },
    { action: "reopen", tasks: ["ended"], stage: "expert" },
  ]);
});

test("nothing is opened again where nothing has ended", async () => {
  await sendTasks("p", ["open"], "expert");
  expect(asked.map(({ action }) => action)).toEqual(["move"]);
});
