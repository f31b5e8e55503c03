import { useEffect, useRef } from "react";
import { create } from "zustand";

export interface Shortcut {
  /** "mod+k", "shift+a", "?", or two keys after one another: "g q". */
  keys: string;
  label: string;
  group: string;
  run: () => void;
}

interface Registry {
  shortcuts: Shortcut[];
  add: (shortcuts: Shortcut[]) => void;
  remove: (shortcuts: Shortcut[]) => void;
}

/** What the keys do on the page as it stands; the help dialog and the command palette list it. */
export const useShortcutRegistry = create<Registry>((set) => ({
  shortcuts: [],
  add: (added) => set((state) => ({ shortcuts: [...state.shortcuts, ...added] })),
  remove: (gone) => set((state) => ({ shortcuts: state.shortcuts.filter((item) => !gone.includes(item)) })),
}));

type KeyLike = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** The pressed key in the way `Shortcut.keys` writes it. Shift counts only where it does not change the sign typed. */
export function comboOf(event: KeyLike): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const named = key.length > 1 || /[a-z]/.test(key);
  return [
    event.ctrlKey || event.metaKey ? "mod" : "",
    event.altKey ? "alt" : "",
    event.shiftKey && named ? "shift" : "",
    key,
  ]
    .filter(Boolean)
    .join("+");
}

/** Finds the shortcut that `combo` completes, given the key pressed just before. */
export function match(shortcuts: readonly Shortcut[], before: string, combo: string): Shortcut | undefined {
  const sequence = shortcuts.findLast((item) => before !== "" && item.keys === `${before} ${combo}`);
  return sequence ?? shortcuts.findLast((item) => item.keys === combo);
}

const SEQUENCE_MS = 1_200;

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

/** Parts that own their keyboard (the canvas, dialogs) keep single keys to themselves. */
const ownsKeys = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('[role="application"], [role="dialog"], [role="menu"], [role="listbox"]') !== null;

const KEYMAP = "lapidary.keymap";
const SINGLE = "single-keys";

function storedKeymap(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(KEYMAP) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

/** Whether keys without Ctrl or Alt do anything: a choice kept beside the editor's keymap, and part of it. */
export const singleKeys = {
  get: (): boolean => storedKeymap()[SINGLE] !== "off",
  /** The keymap with the choice in it, stored in this browser and answered for storing with the person. */
  set(on: boolean): Record<string, string> {
    const { [SINGLE]: _old, ...rest } = storedKeymap();
    const keymap = on ? rest : { ...rest, [SINGLE]: "off" };
    localStorage.setItem(KEYMAP, JSON.stringify(keymap));
    return keymap;
  },
  /** Takes over what the person stored, perhaps on another machine. */
  take: (keymap: Record<string, string>): void => localStorage.setItem(KEYMAP, JSON.stringify(keymap)),
};

/** Listens for the whole page; answers the function that stops it. */
export function listenForShortcuts(): () => void {
  let before = "";
  let at = 0;
  const listener = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const combo = comboOf(event);
    const single = !/^(mod|alt)\+/.test(combo);
    if (single && (isTyping(event.target) || ownsKeys(event.target) || !singleKeys.get())) return;
    const previous = event.timeStamp - at < SEQUENCE_MS ? before : "";
    const found = match(useShortcutRegistry.getState().shortcuts, previous, combo);
    before = found ? "" : combo;
    at = event.timeStamp;
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

/** Offers shortcuts while the component is on screen. Labels and keys must not change from render to render. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const signature = shortcuts.map(({ keys, label }) => `${keys} ${label}`).join("\n");
  // The registered entries call through the ref, so a new closure needs no new registration.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the list.
  useEffect(() => {
    const entries = latest.current.map((item, index) => ({ ...item, run: () => latest.current[index]?.run() }));
    const registry = useShortcutRegistry.getState();
    registry.add(entries);
    return () => registry.remove(entries);
  }, [signature]);
}

/** "mod+k" → ["Ctrl", "K"], as a keyboard of this machine is labelled. */
export function keyCaps(keys: string): string[] {
  const mac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);
  const caps: Record<string, string> = {
    mod: mac ? "⌘" : "Ctrl",
    alt: mac ? "⌥" : "Alt",
    shift: "Shift",
    enter: "Enter",
    space: "Space",
  };
  return keys.split(/[ +]/).map((part) => caps[part] ?? part.toUpperCase());
}
