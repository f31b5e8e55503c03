import { newId, Problem } from "../../api/client";
import type { UploadAnswer, UploadError } from "../../api/types";

/** The server takes up to a hundred files a request; smaller ones give progress and bear a lost answer better. */
export const MAX_FILES = 20;
export const MAX_BYTES = 48 * 1024 * 1024;

/** Cuts a pile of files into requests, in order, by number and by size. A file too large for any goes alone. */
export function batches<T extends { size: number }>(
  files: readonly T[],
  maxFiles = MAX_FILES,
  maxBytes = MAX_BYTES,
): T[][] {
  const cut: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= maxFiles || bytes + file.size > maxBytes)) {
      cut.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) cut.push(batch);
  return cut;
}

interface Sent {
  status: number;
  body: unknown;
  headers: Headers;
}

/** Sends one request and tells how many bytes are on their way; `fetch` cannot tell that. */
function sendForm(
  url: string,
  form: FormData,
  key: string,
  csrf: string,
  onBytes: (sent: number) => void,
  signal: AbortSignal,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onerror = () => reject(new Problem(0));
    request.onabort = () => reject(new DOMException("Aborted", "AbortError"));
    request.onload = () => {
      const headers = new Headers();
      const retry = request.getResponseHeader("Retry-After");
      if (retry) headers.set("Retry-After", retry);
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      resolve({ status: request.status, body, headers });
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

export interface UploadProgress {
  sentBytes: number;
  allBytes: number;
  created: number;
  existing: number;
  errors: UploadError[];
}

interface Options {
  dataset: string;
  files: readonly File[];
  signal: AbortSignal;
  onProgress: (progress: UploadProgress) => void;
  csrf: () => string;
}

/** A batch without one good file is a problem that names each of them in its member `files`. */
const refusedOf = (body: unknown): UploadError[] | null => {
  const files = (body as { files?: UploadError[] } | undefined)?.files;
  return Array.isArray(files) ? files : null;
};

/** Uploads files batch after batch. A refused file is named and the rest go on; a refused batch names all of its files. */
export async function upload({ dataset, files, signal, onProgress, csrf }: Options): Promise<UploadProgress> {
  const allBytes = files.reduce((sum, { size }) => sum + size, 0);
  const state: UploadProgress = { sentBytes: 0, allBytes, created: 0, existing: 0, errors: [] };
  let before = 0;
  for (const batch of batches(files)) {
    const form = new FormData();
    for (const file of batch) form.append("files", file, file.name);
    const bytes = batch.reduce((sum, { size }) => sum + size, 0);
    const onBytes = (sent: number) => onProgress({ ...state, sentBytes: before + Math.min(sent, bytes) });
    const key = newId();
    const url = `/api/v1/datasets/${dataset}/data-units/`;
    const answer = await sendForm(url, form, key, csrf(), onBytes, signal);
    if (answer.status >= 200 && answer.status < 300) {
      const { created, errors } = answer.body as UploadAnswer;
      const existing = created.filter((unit) => unit.existing).length;
      state.created += created.length - existing;
      state.existing += existing;
      state.errors.push(...errors);
    } else {
      const named = refusedOf(answer.body);
      const problem = new Problem(
        answer.status,
        (answer.body ?? {}) as object as Record<string, never>,
        answer.headers,
      );
      if (answer.status === 401 || answer.status === 403 || answer.status === 404) throw problem;
      state.errors.push(...(named ?? batch.map(({ name }) => ({ name, code: problem.code, detail: problem.message }))));
    }
    before += bytes;
    onProgress({ ...state, sentBytes: before });
  }
  return state;
}
