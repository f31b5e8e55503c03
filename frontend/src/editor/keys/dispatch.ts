/** From a keyboard event to an action. Knows the table, the contexts that hold now, and nothing of what actions do. */
import { type ActionId, type Context, type KeyRow, keysOf, type Overrides, ROWS } from "./keymap";

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** Shifted brackets are other characters on many keyboards; "Shift+[" is what the table says. */
const UNSHIFTED: Record<string, string> = { "{": "[", "}": "]" };

/** "Ctrl+Shift+z", "Shift+ArrowUp", "?", "a". Shift is spelled only where the character does not already say it. Command counts as Ctrl. */
export function chordOf(e: KeyPress): string {
  const digit = /^Digit(\d)$/.exec(e.code)?.[1];
  let key = e.key.length === 1 ? e.key.toLowerCase() : e.key,
    shift = e.shiftKey;
  const plain = UNSHIFTED[key];
  if (plain) {
    key = plain;
    shift = true;
  }
  // The digit row types other characters on French and Czech keyboards; its keys still mean classes.
  else if (digit && !e.shiftKey && !e.altKey) key = digit;
  else if (key.length === 1 && !/[a-z[\] ]/.test(key)) shift = false;
  return `${e.ctrlKey || e.metaKey ? "Ctrl+" : ""}${e.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

export interface Situation {
  /** Contexts that hold now, the most particular first. */
  readonly contexts: readonly Context[];
  readonly overrides: Overrides;
  /** WCAG 2.1.4: keys without Ctrl can be turned off. */
  readonly singleKeys: boolean;
}

export function actionFor(chord: string, { contexts, overrides, singleKeys }: Situation): KeyRow | null {
  const bare = !chord.startsWith("Ctrl+") && chord.replace("Shift+", "").length === 1;
  if (bare && !singleKeys) return null;
  for (const context of contexts) {
    const found = ROWS.find((r) => r.context === context && keysOf(r, overrides).includes(chord));
    if (found) return found;
  }
  return null;
}

/** A handler that answers false had no use for the key: the browser may have it. */
export type Handlers = Partial<Record<ActionId, (down: boolean) => unknown>>;

/** Keeps track of what is held, so that a key let go outside the editor does not stay down. */
export class Dispatcher {
  private readonly down = new Map<string, ActionId>();

  constructor(
    private readonly handlers: () => Handlers,
    private readonly situation: () => Situation,
  ) {}

  /** Answers whether the key meant something: its default is then prevented. */
  press(e: KeyPress & { readonly repeat: boolean }): boolean {
    const row = actionFor(chordOf(e), this.situation()),
      handler = row && this.handlers()[row.id];
    if (!row || !handler) return false;
    if (row.hold) {
      if (!this.down.has(e.code)) {
        this.down.set(e.code, row.id);
        handler(true);
      }
      return true;
    }
    return handler(true) !== false;
  }

  release(e: { readonly code: string }): void {
    const id = this.down.get(e.code);
    if (!id) return;
    this.down.delete(e.code);
    this.handlers()[id]?.(false);
  }

  releaseAll(): void {
    for (const code of [...this.down.keys()]) this.release({ code });
  }
}
