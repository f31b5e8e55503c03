/** A place in this app to go on to; an address elsewhere is dropped, so that a link cannot lead people away. */
export function safeNext(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\/(?![/\\])/.test(value)) return undefined;
  return value.startsWith("/sign-in") ? undefined : value;
}
