/** What a tool may draw on the hand layer while it works, in image coordinates; sizes of strokes and dots are on screen. Tools see no canvas. */
export interface Pen {
  /** Screen pixels per image pixel. */
  readonly zoom: number;
  line(
    points: readonly (readonly [number, number])[],
    color: string,
    options?: { closed?: boolean; dashed?: boolean; fill?: boolean },
  ): void;
  dot(x: number, y: number, color: string, radius?: number): void;
  /** Hair lines through a point across the whole view. */
  cross(x: number, y: number): void;
  text(x: number, y: number, words: string): void;
}
