import { type RefObject, useRef } from "react";
import { between, type Marks, painted, toggled } from "./marks";

interface Item {
  id: string;
  class: string;
}

type Set = (change: (before: Marks) => Marks) => void;

/**
 * What the hand does on a screen of items: click, range and stroke, each marking with the armed class ("" for just
 * wrong). An item's own class is no mark.
 */
export function useHand(items: readonly Item[], marks: Marks, setMarks: Set, armed: string) {
  const anchor = useRef(0);
  const paint = useRef<string | null>("");
  const markFor = (item: Item) => (armed === item.class ? "" : armed);
  const toggle = (index: number, as?: string) => {
    const item = items[index];
    if (!item) return;
    anchor.current = index;
    setMarks((before) =>
      before.has(item.id) && as === undefined
        ? painted(before, [item.id], null)
        : toggled(before, item.id, as ?? markFor(item)),
    );
  };
  return {
    /** Where the next range begins. */
    anchor: anchor as RefObject<number>,
    toggle,
    onToggle: (index: number) => toggle(index),
    onRange: (index: number) => {
      const range = between(items, anchor.current, index);
      setMarks((before) => range.reduce((found, item) => painted(found, [item.id], markFor(item)), before));
    },
    onStroke: (index: number) => {
      const item = items[index];
      paint.current = item && marks.has(item.id) ? null : armed;
      toggle(index);
    },
    onPaint: (index: number) => {
      const item = items[index];
      const as = paint.current;
      if (item) setMarks((before) => painted(before, [item.id], as === null ? null : markFor(item)));
    },
  };
}
