/** One entry of a problem's `errors`: which member of the body is wrong, and how. */
export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
}

export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: FieldError[];
  [member: string]: unknown;
}

const KNOWN = new Set(["type", "title", "status", "detail", "code", "errors"]);

/**
 * Any answer of the server that is not a success, as RFC 9457 describes it.
 *
 * `status` is 0 when no answer came at all (offline, refused, aborted by a time-out); `code` is then `network`.
 * `extra` holds the members beyond the standard ones, e.g. `allowed` of a refused action.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;
  readonly headers: Headers;

  constructor(status: number, body: ProblemBody = {}, headers: Headers = new Headers()) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "network" : `http_${status}`);
    this.title = body.title ?? "";
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.extra = Object.fromEntries(Object.entries(body).filter(([key]) => !KNOWN.has(key)));
    this.headers = headers;
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** Seconds to wait before trying again, where the server says so (429, 503). */
  get retryAfter(): number | null {
    const value = Number(this.headers.get("Retry-After"));
    return Number.isFinite(value) && value > 0 ? value : null;
  }
}

export const isProblem = (error: unknown, status?: number): error is Problem =>
  error instanceof Problem && (status === undefined || error.status === status);
