/** Colours that stay apart for people with colour blindness (Okabe and Ito, then darker kin of theirs). */
export const COLORS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#f0e442",
  "#7b4fa3",
  "#8c564b",
  "#3d7a1f",
] as const;

export const colorAt = (index: number): string => COLORS[index % COLORS.length] ?? COLORS[0];

/** The first colour that no class has yet. */
export const freeColor = (used: readonly (string | null | undefined)[]): string =>
  COLORS.find((color) => !used.includes(color)) ?? colorAt(used.length);
