import { newId } from "./ids";
import { Problem, type ProblemBody } from "./problem";

export { newId } from "./ids";
export { type FieldError, isProblem, Problem } from "./problem";

export const BASE = "/api/v1";

type Scalar = string | number | boolean;
export type Query = Record<string, Scalar | readonly Scalar[] | null | undefined>;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  query?: Query;
  /** A JSON value, or FormData for multipart. */
  body?: unknown;
  /** The ETag that a change is based on. */
  ifMatch?: string;
  /** For reads: answer 304 when nothing changed. */
  ifNoneMatch?: string;
  /** Every write carries a key, made fresh unless given; `null` sends none (sign-in, invitations, secrets). */
  idempotencyKey?: string | null;
  signal?: AbortSignal;
  /** Lets a request outlive its page. */
  keepalive?: boolean;
}

export interface Reply<T> {
  data: T;
  status: number;
  etag: string | null;
  headers: Headers;
}

/** A page of a keyset-paged list; `next` is a whole URL, or null on the last one. */
export interface Page<T> {
  results: T[];
  next: string | null;
}

type Listener = () => void;
const expired = new Set<Listener>();

/** Calls `listener` whenever the server says that nobody is signed in; answers the function that stops it. */
export function onSessionExpired(listener: Listener): () => void {
  expired.add(listener);
  return () => expired.delete(listener);
}

export function buildUrl(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const item of Array.isArray(value) ? value : [value]) params.append(name, String(item));
  }
  const text = params.toString();
  const base = path.startsWith("/api/") ? path : BASE + path;
  return text ? `${base}${base.includes("?") ? "&" : "?"}${text}` : base;
}

/** `next` of a page as a path of our own origin: a proxy may have changed scheme and host on the way. */
export function nextPath(next: string): string {
  const url = new URL(next, window.location.origin);
  return url.pathname + url.search;
}

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** The token that every write of a signed-in page carries. */
export const csrfToken = (): string => cookie("csrftoken");

function headersFor(method: Method, options: Options): Headers {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") {
    headers.set("X-CSRFToken", csrfToken());
    const key = options.idempotencyKey === undefined ? newId() : options.idempotencyKey;
    if (key) headers.set("Idempotency-Key", key);
  }
  if (options.body !== undefined && !(options.body instanceof FormData))
    headers.set("Content-Type", "application/json");
  if (options.ifMatch) headers.set("If-Match", options.ifMatch);
  if (options.ifNoneMatch) headers.set("If-None-Match", options.ifNoneMatch);
  return headers;
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return undefined;
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return undefined;
  return JSON.parse(text);
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A write whose answer was lost on the way is sent once more under the same key: the server stores what it answered. */
async function fetchSafely(url: string, init: RequestInit, repeatable: boolean): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    if (!repeatable || !navigator.onLine) throw new Problem(0, { detail: "The server cannot be reached." });
    await pause(400);
    try {
      return await fetch(url, init);
    } catch (again) {
      if (init.signal?.aborted) throw again;
      throw new Problem(0, { detail: "The server cannot be reached." });
    }
  }
}

/** One request. Answers data with status, ETag and headers; throws `Problem` for everything that is not 2xx or 304. */
export async function send<T>(method: Method, path: string, options: Options = {}): Promise<Reply<T>> {
  const headers = headersFor(method, options);
  const { body } = options;
  const response = await fetchSafely(
    buildUrl(path, options.query),
    {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined || body instanceof FormData ? (body as FormData | undefined) : JSON.stringify(body),
      signal: options.signal ?? null,
      keepalive: options.keepalive ?? false,
    },
    method === "GET" || headers.has("Idempotency-Key"),
  );
  let data: unknown;
  try {
    data = await parse(response);
  } catch {
    throw new Problem(response.ok ? 502 : response.status, { detail: "The server's answer could not be read." });
  }
  if (!response.ok && response.status !== 304) {
    if (response.status === 401 && !path.startsWith("/auth/")) for (const listener of expired) listener();
    throw new Problem(response.status, (data ?? {}) as ProblemBody, response.headers);
  }
  return { data: data as T, status: response.status, etag: response.headers.get("ETag"), headers: response.headers };
}

type Call = <T = void>(path: string, options?: Options) => Promise<T>;
type CallWithBody = <T = void>(path: string, body?: unknown, options?: Options) => Promise<T>;

const get: Call = async (path, options) => (await send<never>("GET", path, options)).data;
const del: Call = async (path, options) => (await send<never>("DELETE", path, options)).data;
const withBody =
  (method: Method): CallWithBody =>
  async (path, body, options) =>
    (await send<never>(method, path, { ...options, body })).data;

/**
 * The REST API, paths relative to `/api/v1`. `get post put patch del` answer the data alone;
 * `api.send` answers the whole reply, for callers that need the ETag or the status.
 */
export const api = { get, del, post: withBody("POST"), put: withBody("PUT"), patch: withBody("PATCH"), send };
