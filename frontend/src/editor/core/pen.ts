import type { MaskBuffer } from "./mask";

/** What a tool may draw on the hand layer while it works, in image coordinates; sizes of strokes and dots are on screen. Tools see no canvas. */
export interface Pen {
  /** Screen pixels per image pixel. */
  readonly zoom: number;
  line(
    points: readonly (readonly [number, number])[],
    color: string,
    options?: { closed?: boolean; dashed?: boolean; fill?: boolean },
  ): void;
  /** A surface with holes: its inside tinted, its rings stroked over a halo. */
  shape(
    rings: readonly (readonly (readonly [number, number])[])[],
    color: string,
    options?: { fill?: number; dashed?: boolean },
  ): void;
  /** A prompt: a disc with a plus or a minus, told apart without colour. */
  sign(x: number, y: number, plus: boolean): void;
  /** The mask under the brush. */
  mask(buffer: MaskBuffer, color: string): void;
  /** The brush itself: a circle of image size. */
  ring(x: number, y: number, radius: number, dashed: boolean): void;
  dot(x: number, y: number, color: string, radius?: number): void;
  /** Hair lines through a point across the whole view. */
  cross(x: number, y: number): void;
  text(x: number, y: number, words: string): void;
}
