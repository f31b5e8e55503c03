/** Keys a person has changed: with the person on the server, and in this browser for when that cannot be told. */
import { createStore } from "zustand/vanilla";
import { api } from "../../api/client";
import type { Me } from "../../api/types";
import type { Overrides } from "../keys/keymap";

const STORED = "lapidary.keymap";
/** Kept beside the chords, because it belongs to the same choice. */
const SINGLE = "single-keys";

export interface KeyPreferences {
  readonly overrides: Overrides;
  readonly singleKeys: boolean;
}

function read(): KeyPreferences {
  try {
    return opened(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Overrides);
  } catch {
    return opened({});
  }
}

function opened(all: Overrides): KeyPreferences {
  const { [SINGLE]: single, ...overrides } = all;
  return { overrides, singleKeys: single !== "off" };
}

export const keyPreferences = createStore<KeyPreferences>(() => read());

const ZOOM = "lapidary.keep-zoom";

/** Whether the next image opens as the last one was left. A matter of the screen, so it stays in this browser. */
export const zoomPreference = createStore<{ keep: boolean }>(() => {
  try {
    return { keep: localStorage.getItem(ZOOM) === "yes" };
  } catch {
    return { keep: false };
  }
});

export function toggleKeepZoom(): void {
  const keep = !zoomPreference.getState().keep;
  zoomPreference.setState({ keep });
  try {
    localStorage.setItem(ZOOM, keep ? "yes" : "no");
  } catch {
    // It holds until the page is left.
  }
}

export function takeKeymap(stored: Overrides | undefined): void {
  if (stored) keyPreferences.setState(opened(stored));
}

export async function saveKeymap(next: KeyPreferences): Promise<void> {
  keyPreferences.setState(next);
  const keymap = { ...next.overrides, ...(next.singleKeys ? {} : { [SINGLE]: "off" }) };
  try {
    localStorage.setItem(STORED, JSON.stringify(keymap));
    const me = await api.get<Me>("/me/");
    await api.patch("/me/", { preferences: { ...me.preferences, keymap } });
  } catch {
    // The choice holds in this browser; the server hears of it with the next one.
  }
}
