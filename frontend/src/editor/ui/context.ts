import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { AssistState } from "../core/assist";
import type { State } from "../core/state";
import type { SaveState } from "../sync/autosave";
import type { Issue } from "../sync/port";
import type { SessionState } from "../sync/session";
import type { VerdictState } from "../sync/verdicts";
import type { Desk, DeskState } from "./desk";

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("Used outside an open task.");
  return desk;
}

/** A slice of what the editor shows now; a component draws again only when its slice changes. */
export const useEditorState = <T>(slice: (state: State) => T): T => useStore(useDesk().editor.store, slice);
export const useSessionState = <T>(slice: (state: SessionState) => T): T => useStore(useDesk().session.store, slice);
export const useDeskState = <T>(slice: (state: DeskState) => T): T => useStore(useDesk().store, slice);
export const useSaveState = <T>(slice: (state: SaveState) => T): T => useStore(useDesk().session.autosave.store, slice);
export const useVerdictState = <T>(slice: (state: VerdictState) => T): T =>
  useStore(useDesk().session.verdicts.store, slice);
export const useAssist = <T>(slice: (state: AssistState) => T): T => useStore(useDesk().session.assist.store, slice);
export const useIssues = (): readonly Issue[] => useStore(useDesk().session.threads.store, (s) => s.issues);
