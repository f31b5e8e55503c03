import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, buildUrl, nextPath, onSessionExpired, Problem } from "./client";

const json = (body: unknown, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { ...init, headers: { "Content-Type": "application/json", ...init.headers } });

const calls: { url: string; init: RequestInit }[] = [];
let answers: (() => Response)[] = [];

beforeEach(() => {
  calls.length = 0;
  vi.stubGlobal("document", { cookie: "a=b; csrftoken=t%20k" });
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("window", { location: { origin: "http://here.test" } });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return next();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const headersOf = (index: number): Headers => calls[index]?.init.headers as Headers;

describe("buildUrl", () => {
  it("leaves empty filters out and repeats lists", () => {
    expect(buildUrl("/projects/", { stage: "", limit: 5, of: ["a", "b"], none: null })).toBe(
      "/api/v1/projects/?limit=5&of=a&of=b",
    );
    expect(buildUrl("/api/v1/x/?cursor=1", { limit: 2 })).toBe("/api/v1/x/?cursor=1&limit=2");
  });
});

describe("nextPath", () => {
  it("keeps to our own origin", () => {
    expect(nextPath("http://inside:8000/api/v1/x/?cursor=a%3D")).toBe("/api/v1/x/?cursor=a%3D");
  });
});

describe("api", () => {
  it("sends a write with its token and a key, and hands out the ETag", async () => {
    answers = [() => json({ id: 1 }, { status: 201, headers: { ETag: '"7"' } })];
    const reply = await api.send<{ id: number }>("POST", "/things/", { body: { a: 1 }, ifMatch: '"6"' });
    expect(reply).toMatchObject({ data: { id: 1 }, status: 201, etag: '"7"' });
    expect(headersOf(0).get("X-CSRFToken")).toBe("t k");
    expect(headersOf(0).get("If-Match")).toBe('"6"');
    expect(headersOf(0).get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls[0]?.init.body).toBe('{"a":1}');
  });

  it("sends no key where it is told so, and none with a read", async () => {
    answers = [() => new Response(null, { status: 204 }), () => json({})];
    expect(await api.post("/auth/session/", {}, { idempotencyKey: null })).toBeUndefined();
    await api.get("/me/");
    expect(headersOf(0).has("Idempotency-Key")).toBe(false);
    expect(headersOf(1).has("X-CSRFToken")).toBe(false);
  });

  it("throws the server's problem with its members", async () => {
    const body = { code: "stale", detail: "Too late.", errors: [], allowed: ["release"] };
    answers = [() => json(body, { status: 409, headers: { "Content-Type": "application/problem+json" } })];
    const problem = await api.post("/tasks/1/submit/").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      status: 409,
      code: "stale",
      message: "Too late.",
      extra: { allowed: ["release"] },
    });
  });

  it("repeats a write under the same key when its answer was lost", async () => {
    vi.useFakeTimers();
    answers = [];
    const sent = api.post("/things/", {});
    await vi.advanceTimersByTimeAsync(10);
    answers = [() => json({ ok: true })];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await sent).toEqual({ ok: true });
    expect(calls).toHaveLength(2);
    expect(headersOf(0).get("Idempotency-Key")).toBe(headersOf(1).get("Idempotency-Key"));
  });

  it("does not repeat what has no key, and calls it a network problem", async () => {
    answers = [];
    await expect(api.post("/auth/session/", {}, { idempotencyKey: null })).rejects.toMatchObject({
      status: 0,
      code: "network",
    });
    expect(calls).toHaveLength(1);
  });

  it("tells when the session has ended, but not for a wrong password", async () => {
    const told = vi.fn();
    const stop = onSessionExpired(told);
    answers = [() => json({}, { status: 401 }), () => json({}, { status: 401 })];
    await api.post("/auth/session/", {}, { idempotencyKey: null }).catch(() => undefined);
    expect(told).not.toHaveBeenCalled();
    await api.get("/me/").catch(() => undefined);
    expect(told).toHaveBeenCalledOnce();
    stop();
  });

  it("reads no answer of a proxy as JSON", async () => {
    answers = [
      () => new Response("<html>Bad gateway</html>", { status: 502, headers: { "Content-Type": "text/html" } }),
    ];
    await expect(api.get("/me/")).rejects.toMatchObject({ status: 502, code: "http_502" });
  });
});
