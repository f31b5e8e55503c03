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

const channels = (color: string): number[] => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

const apart = (a: string, b: string): number => {
  const other = channels(b);
  return Math.hypot(...channels(a).map((value, index) => value - (other[index] ?? 0)));
};

/** The colour of the palette that stands furthest from those in use. */
export function freeColor(used: readonly (string | null | undefined)[]): string {
  const taken = used.filter((color): color is string => /^#[0-9a-f]{6}$/i.test(color ?? ""));
  const room = (color: string) => Math.min(...taken.map((other) => apart(color, other)));
  return taken.length === 0 ? COLORS[0] : COLORS.reduce((best, color) => (room(color) > room(best) ? color : best));
}
