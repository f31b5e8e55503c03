import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { Dispatcher } from "../keys/dispatch";
import type { Context } from "../keys/keymap";
import { keyPreferences } from "../sync/preferences";
import type { Desk } from "./desk";
import { makeHandlers } from "./handlers";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && !["radio", "checkbox", "range"].includes(target.type)));

/** The keys of one open task, to be spread on the element that holds the whole editor. */
export function useKeys(desk: Desk, find: () => void) {
  const search = useRef(find);
  search.current = find;
  const { dispatcher, where } = useMemo(() => {
    const handlers = makeHandlers(desk, () => search.current()),
      where: { target: EventTarget | null } = { target: null };
    const contexts = (): Context[] => {
      const { mode, holds } = desk.session.state,
        { asking } = desk.store.getState();
      if (!(where.target instanceof Node && desk.region?.contains(where.target))) return ["editor"];
      if (asking) return ["reasons", "editor"];
      return [...(mode === "review" && holds ? (["review"] as const) : []), "annotate", "canvas", "editor"];
    };
    return {
      where,
      dispatcher: new Dispatcher(
        () => handlers,
        () => ({ contexts: contexts(), ...keyPreferences.getState() }),
      ),
    };
  }, [desk]);

  useEffect(() => {
    const letGo = () => dispatcher.releaseAll();
    const up = (e: globalThis.KeyboardEvent) => dispatcher.release(e);
    window.addEventListener("blur", letGo);
    window.addEventListener("keyup", up);
    return () => {
      window.removeEventListener("blur", letGo);
      window.removeEventListener("keyup", up);
    };
  }, [dispatcher]);

  return {
    onKeyDown(e: KeyboardEvent) {
      // Dialogs are portals of this tree: their keys are their own.
      if (e.defaultPrevented || !(e.currentTarget as Node).contains(e.target as Node)) return;
      const ending = (e.ctrlKey || e.metaKey) && e.key === "Enter";
      if (isTyping(e.target) && !ending) return;
      // A field that is being typed into hands in its text when it loses the focus: before submitting, it must.
      if (ending && isTyping(e.target)) (e.target as HTMLElement).blur();
      where.target = e.target;
      if (
        !dispatcher.press({
          key: e.key,
          code: e.code,
          ctrlKey: e.ctrlKey,
          metaKey: e.metaKey,
          shiftKey: e.shiftKey,
          altKey: e.altKey,
          repeat: e.repeat,
        })
      )
        return;
      e.preventDefault();
      e.stopPropagation();
    },
  };
}
