/** Sources of the photo layer. A source draws the part of the image that a raster holds; a tiled one would be another source. */
import type { Box } from "../core/geometry";
import type { Size, View } from "../core/view";

export interface PhotoSource {
  /** Draws what lies in `part` (image pixels) under `view` (device pixels). */
  draw(ink: CanvasRenderingContext2D, view: View, part: Box): void;
}

const SMALL = 1024;
/** From here on real pixels are shown instead of smoothed ones. */
const SHARP_FROM = 4;

interface Level {
  readonly scale: number;
  readonly source: ImageBitmap | OffscreenCanvas;
}

/** One bitmap, halved until it is small, so that a zoomed-out redraw samples few pixels. */
export class Mipmap implements PhotoSource {
  private readonly levels: Level[];

  /** `image` is the size labels are measured in; the bitmap may be a scaled rendering of it. */
  constructor(bitmap: ImageBitmap, image: Size) {
    this.levels = [{ scale: bitmap.width / image.width, source: bitmap }];
    let last: Level = this.levels[0] as Level;
    for (let w = bitmap.width, h = bitmap.height; w > SMALL; ) {
      w >>= 1;
      h >>= 1;
      const half = new OffscreenCanvas(w, h),
        ink = half.getContext("2d", { alpha: false });
      if (!ink) return;
      ink.imageSmoothingQuality = "medium";
      ink.drawImage(last.source, 0, 0, w, h);
      last = { scale: last.scale / 2, source: half };
      this.levels.push(last);
    }
  }

  draw(ink: CanvasRenderingContext2D, { x, y, k }: View, part: Box): void {
    const level = this.levels.findLast((l) => l.scale >= k) ?? (this.levels[0] as Level),
      s = level.scale,
      q = k / s;
    const left = Math.max(0, Math.floor(part.minX * s)),
      top = Math.max(0, Math.floor(part.minY * s));
    const width = Math.min(level.source.width, Math.ceil(part.maxX * s)) - left,
      height = Math.min(level.source.height, Math.ceil(part.maxY * s)) - top;
    if (width <= 0 || height <= 0) return;
    ink.imageSmoothingEnabled = k < SHARP_FROM;
    ink.drawImage(level.source, left, top, width, height, x + left * q, y + top * q, width * q, height * q);
  }
}
