/**
 * The one table of keys. The toolbar's hints, the searchable keymap and the dispatcher are all made from it. Keys of the contexts
 * `canvas`, `review` and `reasons` act only while the canvas region has focus; those of `editor` act anywhere in the editor.
 */
export type Context = "reasons" | "review" | "annotate" | "canvas" | "editor";
export type Group = "Classes" | "Tools" | "Drawing" | "View" | "Labels" | "Review" | "Task";

interface Row {
  readonly id: string;
  readonly keys: readonly string[];
  readonly title: string;
  readonly group: Group;
  readonly context: Context;
  /** Acts while the key is down. */
  readonly hold?: boolean;
}

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"] as const;

const row = <I extends string>(id: I, group: Group, context: Context, title: string, ...keys: string[]) =>
  ({ id, keys, title, group, context }) as const;

export const KEYMAP = [
  ...digits.map((d, i) =>
    row(
      `class-${(i + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`,
      "Classes",
      "annotate",
      `Class ${i + 1}: arm it, give it to the selection, or keep what the assistant proposes under it`,
      d,
    ),
  ),
  row("find-class", "Classes", "canvas", "Find a class", "/"),
  row("again", "Classes", "annotate", "Again: last tool and class", "n"),
  row("tool-select", "Tools", "canvas", "Select", "v"),
  row("tool-box", "Tools", "annotate", "Box", "b"),
  row("tool-polygon", "Tools", "annotate", "Polygon", "p"),
  row("tool-keypoint", "Tools", "annotate", "Keypoint", "k"),
  row("tool-brush", "Tools", "annotate", "Brush: paint a mask, or mend the selected one", "m"),
  row("tool-segment", "Tools", "annotate", "Segment with the assistant, or refine the selection", "s"),
  row("wire", "Tools", "annotate", "Outline snaps to edges", "w"),
  row(
    "close",
    "Drawing",
    "canvas",
    "Close the shape, keep the mask; with nothing begun, place one in the middle",
    "Enter",
  ),
  row("back", "Drawing", "canvas", "Take back the last vertex or prompt, or delete the selection", "Backspace"),
  row("cancel", "Drawing", "canvas", "Cancel, then select tool, then clear the selection", "Escape"),
  row("delete", "Labels", "canvas", "Delete the selection, or the chosen vertex", "Delete"),
  row("erase", "Drawing", "annotate", "Brush or eraser", "x"),
  row("brush-smaller", "Drawing", "annotate", "Smaller brush", "-"),
  row("brush-larger", "Drawing", "annotate", "Larger brush", "="),
  row("subtract", "Drawing", "annotate", "Clicks of the assistant's tool add or take away", "q"),
  row("next-candidate", "Drawing", "annotate", "Next candidate of the assistant", "Tab"),
  row("previous-candidate", "Drawing", "annotate", "Previous candidate of the assistant", "Shift+Tab"),
  row("nudge-left", "Drawing", "canvas", "Nudge left", "ArrowLeft"),
  row("nudge-right", "Drawing", "canvas", "Nudge right", "ArrowRight"),
  row("nudge-up", "Drawing", "canvas", "Nudge up", "ArrowUp"),
  row("nudge-down", "Drawing", "canvas", "Nudge down", "ArrowDown"),
  row("nudge-left-10", "Drawing", "canvas", "Nudge left by ten", "Shift+ArrowLeft"),
  row("nudge-right-10", "Drawing", "canvas", "Nudge right by ten", "Shift+ArrowRight"),
  row("nudge-up-10", "Drawing", "canvas", "Nudge up by ten", "Shift+ArrowUp"),
  row("nudge-down-10", "Drawing", "canvas", "Nudge down by ten", "Shift+ArrowDown"),
  row("next-vertex", "Drawing", "canvas", "Next vertex or handle, for the arrows", ";"),
  row("previous-vertex", "Drawing", "canvas", "Previous vertex or handle", ":"),
  { ...row("pan", "View", "canvas", "Pan while held", " "), hold: true },
  row("fit", "View", "canvas", "Fit the image", "f"),
  row("fit-selection", "View", "canvas", "Fit the selection", "Shift+f"),
  row("keep-zoom", "View", "canvas", "Keep the zoom for the next image", "z"),
  row("zoom-in", "View", "canvas", "Zoom in", "+", "Ctrl+="),
  row("zoom-out", "View", "canvas", "Zoom out", "_", "Ctrl+-"),
  { ...row("hide", "View", "canvas", "Hide labels while held", "h"), hold: true },
  { ...row("names", "View", "canvas", "Show class names while held", "."), hold: true },
  row("opacity", "View", "canvas", "Opacity of surfaces", "o"),
  row("previous-label", "Labels", "canvas", "Previous label", "["),
  row("next-label", "Labels", "canvas", "Next label", "]"),
  row("previous-same", "Labels", "canvas", "Previous label of the same class", "Shift+["),
  row("next-same", "Labels", "canvas", "Next label of the same class", "Shift+]"),
  row("attributes", "Labels", "canvas", "Walk the attributes of the selection", "t"),
  row("select-all", "Labels", "editor", "Select all labels", "Ctrl+a"),
  row("copy", "Labels", "editor", "Copy the selection, also for the next image", "Ctrl+c"),
  row("paste", "Labels", "editor", "Paste where it was, or a little aside", "Ctrl+v"),
  row("duplicate", "Labels", "editor", "Duplicate the selection", "Ctrl+d"),
  row("undo", "Labels", "editor", "Undo", "Ctrl+z"),
  row("redo", "Labels", "editor", "Redo", "Ctrl+Shift+z", "Ctrl+y"),
  row("approve", "Review", "review", "Approve the label and go on; of what may be missing: nothing is there", "a"),
  row("reject", "Review", "review", "Reject the label: reasons 1 to 9; of what may be missing: report it", "r"),
  row("take-model", "Review", "review", "Take the model's label, or add what may be missing", "e"),
  row("next-missing", "Review", "review", "Next object that may be missing", "g"),
  row("previous-missing", "Review", "review", "Previous object that may be missing", "Shift+g"),
  row("searched", "Review", "review", "Searched the whole image", "Shift+w"),
  row("undo-verdict", "Review", "review", "Undo the last verdict", "u"),
  row("approve-rest", "Review", "review", "Approve all that is left", "Shift+a"),
  row("missing", "Review", "review", "Something is missing: draw it", "m"),
  ...digits
    .slice(0, 9)
    .map((d, i) =>
      row(`reason-${(i + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`, "Review", "reasons", `Reason ${i + 1}`, d),
    ),
  row("take-reason", "Review", "reasons", "Take the reason offered", "Enter"),
  row("drop-reason", "Review", "reasons", "Back without a verdict", "Escape"),
  row("issue", "Task", "canvas", "Pin an issue at the pointer", "i"),
  row("submit", "Task", "editor", "Submit or finish the review, and open the next task", "Ctrl+Enter"),
  row("skip", "Task", "editor", "Skip with a reason", "Ctrl+Shift+Enter"),
  row("previous-task", "Task", "editor", "Save, and open the previous of your open tasks", "PageUp"),
  row("next-task", "Task", "editor", "Save, and open the next of your open tasks", "PageDown"),
  row("keymap", "Task", "canvas", "All keys", "?"),
] as const satisfies readonly Row[];

export type ActionId = (typeof KEYMAP)[number]["id"];
export type KeyRow = Row & { readonly id: ActionId };
export const ROWS: readonly KeyRow[] = KEYMAP;

/** What a person changed: action to chord; an empty chord takes the key away. */
export type Overrides = Partial<Record<string, string>>;

export function keysOf(row: KeyRow, overrides: Overrides): readonly string[] {
  const own = overrides[row.id];
  return own === undefined ? row.keys : own === "" ? [] : [own];
}

const SHOWN: Record<string, string> = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Backspace: "⌫",
  Delete: "Del",
  Shift: "⇧",
};

export function spelled(chord: string): string {
  const parts = chord === "+" ? ["+"] : chord.split("+");
  return parts.map((p) => SHOWN[p] ?? (p.length === 1 ? p.toUpperCase() : p)).join(" ");
}

export function hint(id: ActionId, overrides: Overrides = {}): string {
  const found = ROWS.find((r) => r.id === id),
    [key] = found ? keysOf(found, overrides) : [];
  return key ? spelled(key) : "";
}

/** Other actions that the same chord would reach in the same place: a remapping must not hide one by accident. */
export function clashes(id: ActionId, chord: string, overrides: Overrides): readonly KeyRow[] {
  const mine = ROWS.find((r) => r.id === id);
  return ROWS.filter((r) => r.id !== id && r.context === mine?.context && keysOf(r, overrides).includes(chord));
}
