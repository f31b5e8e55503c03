/** A canvas larger than the port, drawn for one view and shown under another by a CSS transform: a gesture redraws nothing. */
import type { Box } from "../core/geometry";
import type { Size, View } from "../core/view";

/** Rasters reach past the port by this share on each side. */
export const MARGIN = 0.25;

export class Raster {
  readonly canvas = document.createElement("canvas");
  readonly ink: CanvasRenderingContext2D;
  /** The view it was drawn for, in CSS pixels from its own corner; k is 0 before the first drawing. */
  view: View = { x: 0, y: 0, k: 0 };
  ratio = 1;
  private port: Size = { width: 0, height: 0 };
  private margin: readonly [number, number] = [0, 0];

  constructor(host: HTMLElement, alpha: boolean) {
    this.canvas.style.cssText =
      "position:absolute;left:0;top:0;transform-origin:0 0;will-change:transform;pointer-events:none";
    this.canvas.setAttribute("aria-hidden", "true");
    host.append(this.canvas);
    const ink = this.canvas.getContext("2d", { alpha });
    if (!ink) throw new Error("This browser has no 2D canvas.");
    this.ink = ink;
  }

  resize(port: Size, ratio: number): void {
    this.port = port;
    this.ratio = ratio;
    this.margin = [Math.round(port.width * MARGIN), Math.round(port.height * MARGIN)];
    const width = port.width + 2 * this.margin[0],
      height = port.height + 2 * this.margin[1];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.view = { x: 0, y: 0, k: 0 };
  }

  start(view: View): void {
    this.view = { x: view.x + this.margin[0], y: view.y + this.margin[1], k: view.k };
    this.ink.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** The same view in device pixels: what painters draw with. */
  get device(): View {
    return { x: this.view.x * this.ratio, y: this.view.y * this.ratio, k: this.view.k * this.ratio };
  }

  place(v: View): void {
    const { f, left, top } = this.at(v),
      r = this.ratio;
    this.canvas.style.transform =
      f === 1
        ? `translate(${Math.round(left * r) / r}px,${Math.round(top * r) / r}px)`
        : `matrix(${f},0,0,${f},${left},${top})`;
  }

  covers(v: View): boolean {
    const { f, left, top } = this.at(v);
    const width = (this.port.width + 2 * this.margin[0]) * f,
      height = (this.port.height + 2 * this.margin[1]) * f;
    return (
      this.view.k > 0 &&
      left <= 1 &&
      top <= 1 &&
      left + width >= this.port.width - 1 &&
      top + height >= this.port.height - 1
    );
  }

  /** The part of the image it holds. */
  box(): Box {
    const { x, y, k } = this.device;
    return { minX: -x / k, minY: -y / k, maxX: (this.canvas.width - x) / k, maxY: (this.canvas.height - y) / k };
  }

  private at(v: View) {
    const f = v.k / this.view.k;
    return { f, left: v.x - this.view.x * f, top: v.y - this.view.y * f };
  }
}
