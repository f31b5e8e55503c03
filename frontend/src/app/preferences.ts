import { type MantineColorScheme, useMantineColorScheme } from "@mantine/core";
import { useEffect } from "react";
import { api } from "../api/client";
import { keys } from "../api/keys";
import type { Me, Preferences } from "../api/types";
import { queryClient } from "./queryClient";
import { useMe } from "./session";
import { singleKeys } from "./shortcuts";

/** Stores a preference with the person, so that it follows them; the page need not wait for it. */
export async function savePreferences(change: Preferences): Promise<void> {
  const me = queryClient.getQueryData<Me>(keys.me);
  const preferences = { ...me?.preferences, ...change };
  const answer = await api.patch<Me>("/me/", { preferences });
  queryClient.setQueryData(keys.me, answer);
}

export function useColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const setScheme = (scheme: MantineColorScheme) => {
    setColorScheme(scheme);
    // The choice holds on this machine even when the server cannot be told.
    savePreferences({ theme: scheme }).catch(() => undefined);
  };
  return { scheme: colorScheme, setScheme };
}

/** On entering: the scheme and keys that the person chose, perhaps on another machine. */
export function useStoredPreferences(): void {
  const { preferences } = useMe();
  const { setColorScheme } = useMantineColorScheme();
  const theme = preferences?.theme;
  const keymap = preferences?.keymap;
  useEffect(() => {
    if (theme) setColorScheme(theme);
  }, [theme, setColorScheme]);
  useEffect(() => {
    if (keymap) singleKeys.take(keymap);
  }, [keymap]);
}
