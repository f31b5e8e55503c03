import type { GridItem } from "../api/grid";

/** A screen as the kernel describes it; {} before the page has said how large it is. */
export interface Shown {
  /** null: nothing is left. */
  id?: number | null;
  group?: string;
  /** The label that all of its rows have. */
  class?: string | null;
  items?: readonly ShownItem[];
  tile?: number;
  references?: readonly (readonly [number, number])[];
  confirmed?: boolean;
  left?: number;
  groups?: readonly (readonly [string, number])[];
  classes?: readonly string[];
  verdicts?: number;
  wrong?: number;
  per_minute?: number | null;
  can_undo?: boolean;
  problems?: number;
  problem?: string;
  marks?: Readonly<Record<string, string>>;
}

export interface ShownItem {
  row: number;
  class: string;
  text: string;
  x: number;
  y: number;
}

/** A whole image that was asked for. */
export interface Look {
  row: number;
  width: number;
  height: number;
  box: [number, number, number, number] | null;
  url: string;
}

/** What this side asks of the kernel. */
export type Ask =
  | { do: "show"; group?: string; size: number; tile: number }
  | { do: "commit"; id: number; marks: Record<string, string>; active_ms: number; size: number; tile: number }
  | { do: "undo" }
  | { do: "look"; row: number };

/** The kernel's rows as the grid takes its items; `url` is the sheet's. */
export const itemsOf = ({ items = [], tile = 96 }: Shown, url: string | null): GridItem[] =>
  items.map((one) => ({
    id: String(one.row),
    task: "",
    label: String(one.row),
    class: one.class,
    atlas_url: url,
    x: one.x,
    y: one.y,
    size: tile,
    box: null,
    image_url: "",
    width: 0,
    height: 0,
    evidence: one.text ? { p_error: null, kind: null, text: one.text } : null,
  }));

/** Classes that a row here can be given; the number keys follow this order. */
export const choicesOf = ({ classes = [], class: own }: Shown): string[] => classes.filter((name) => name !== own);

interface Place {
  /** The attribute of the page's body, null where it has none. */
  body: (name: string) => string | null;
  root: (name: string) => string | null;
  prefersDark: boolean;
}

/** Light or dark as the notebook is: JupyterLab, VS Code and Colab say so in the page, others follow the machine. */
export function schemeOf({ body, root, prefersDark }: Place): "light" | "dark" {
  const lab = body("data-jp-theme-light");
  if (lab !== null) return lab === "false" ? "dark" : "light";
  const code = body("data-vscode-theme-kind");
  if (code !== null) return /light/.test(code) ? "light" : "dark";
  const colab = root("theme");
  if (colab !== null) return colab === "dark" ? "dark" : "light";
  return prefersDark ? "dark" : "light";
}
