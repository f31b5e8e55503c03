import { en } from "./messages/en";
import { createT, type Messages } from "./words";

export { createT, fill, type Messages } from "./words";

export type MessageKey = keyof typeof en;
export const t = createT(en);

/** A message for a value the server sent; its own text, made readable, when it is one we do not know. */
export function tValue(prefix: string, value: string): string {
  return (en as Messages)[`${prefix}.${value}`] ?? value.replaceAll("_", " ");
}
