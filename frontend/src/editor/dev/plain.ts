/**
 * The least that the surface's idea needs, as a baseline for the bench: polygons only, no verdicts, names, halos, holes or tools. A photo and a
 * label raster larger than the view are moved by CSS, an R-tree culls and hits, classes are gathered into few paths. What the
 * product's own surface costs above this is the price of its features.
 */
import RBush from "rbush";
import type { DrawnLabel } from "../core/types";

interface Shape {
  readonly ring: Float64Array;
  readonly color: string;
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}
interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

const MARGIN = 0.25;
const BATCH = 64;
const SMALL = 1024;
const DOT_PX = 2.5;
const PX_PER_VERTEX = 3;

export function shapesOf(labels: readonly DrawnLabel[], colors: ReadonlyMap<string, string>): Shape[] {
  return labels.flatMap((label) => {
    if (label.shape !== "polygon") return [];
    const points = label.geometry.polygons[0]?.[0] ?? [],
      xs = points.map(([x]) => x),
      ys = points.map(([, y]) => y);
    return [
      {
        ring: Float64Array.from(points.flat()),
        color: colors.get(label.class) ?? "#868e96",
        minX: Math.min(...xs),
        minY: Math.min(...ys),
        maxX: Math.max(...xs),
        maxY: Math.max(...ys),
      },
    ];
  });
}

export class PlainLayer {
  private readonly index = new RBush<Shape>(16);
  private readonly photo: CanvasRenderingContext2D;
  private readonly labels: CanvasRenderingContext2D;
  private readonly width: number;
  private readonly height: number;
  private drawn: View = { x: 0, y: 0, k: 0 };
  private view: View = { x: 0, y: 0, k: 1 };
  private frame = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly bitmap: ImageBitmap,
    shapes: readonly Shape[],
    view: View,
  ) {
    this.width = host.clientWidth;
    this.height = host.clientHeight;
    this.photo = this.layer(false);
    this.labels = this.layer(true);
    this.index.load(shapes);
    this.view = view;
    this.redraw(this.halved(view.k));
    this.invalidate();
  }

  setView(view: View): void {
    this.view = view;
    this.invalidate();
  }

  /** Of several the smallest. */
  hit(x: number, y: number): Shape | null {
    let best: Shape | null = null,
      least = Number.POSITIVE_INFINITY;
    for (const shape of this.index.search({ minX: x, minY: y, maxX: x, maxY: y })) {
      const area = (shape.maxX - shape.minX) * (shape.maxY - shape.minY);
      if (area < least && inside(shape.ring, x, y)) {
        best = shape;
        least = area;
      }
    }
    return best;
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.host.replaceChildren();
  }

  private layer(alpha: boolean): CanvasRenderingContext2D {
    const canvas = document.createElement("canvas");
    canvas.width = this.width * (1 + 2 * MARGIN);
    canvas.height = this.height * (1 + 2 * MARGIN);
    canvas.style.cssText = "position:absolute;left:0;top:0;transform-origin:0 0;will-change:transform";
    this.host.append(canvas);
    const ink = canvas.getContext("2d", { alpha });
    if (!ink) throw new Error("no canvas");
    return ink;
  }

  /** The image at the smallest halving that is still finer than the view. */
  private halved(k: number): { scale: number; source: ImageBitmap | OffscreenCanvas } {
    let found: { scale: number; source: ImageBitmap | OffscreenCanvas } = { scale: 1, source: this.bitmap },
      last = found;
    for (let w = this.bitmap.width, h = this.bitmap.height; w > SMALL; ) {
      w >>= 1;
      h >>= 1;
      const half = new OffscreenCanvas(w, h),
        ink = half.getContext("2d", { alpha: false });
      if (!ink) break;
      ink.imageSmoothingQuality = "medium";
      ink.drawImage(last.source, 0, 0, w, h);
      last = { scale: last.scale / 2, source: half };
      if (last.scale >= k) found = last;
    }
    return found;
  }

  private redraw({ scale, source }: { scale: number; source: ImageBitmap | OffscreenCanvas }): void {
    const k = this.view.k,
      x = this.view.x + MARGIN * this.width,
      y = this.view.y + MARGIN * this.height,
      { canvas } = this.photo;
    this.drawn = { x, y, k };
    this.photo.fillStyle = "#1f1f1f";
    this.photo.fillRect(0, 0, canvas.width, canvas.height);
    this.photo.drawImage(source, x, y, (source.width / scale) * k, (source.height / scale) * k);
    const groups = new Map<string, Shape[]>();
    for (const shape of this.index.all()) {
      const group = groups.get(shape.color);
      if (group) group.push(shape);
      else groups.set(shape.color, [shape]);
    }
    this.labels.lineWidth = 1.25;
    this.labels.lineJoin = "bevel";
    for (const [color, group] of groups) {
      this.labels.fillStyle = `${color}40`;
      this.labels.strokeStyle = color;
      for (let i = 0; i < group.length; i += BATCH) {
        this.labels.beginPath();
        for (const shape of group.slice(i, i + BATCH)) trace(this.labels, shape, this.drawn);
        this.labels.fill();
        this.labels.stroke();
      }
    }
  }

  private invalidate(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const { x, y, k } = this.drawn,
        f = this.view.k / k,
        left = this.view.x - x * f,
        top = this.view.y - y * f;
      for (const { canvas } of [this.photo, this.labels])
        canvas.style.transform = `matrix(${f},0,0,${f},${Math.round(left)},${Math.round(top)})`;
    });
  }
}

/** As many vertices as the size on screen deserves. */
function trace(g: CanvasPath, { ring, minX, minY, maxX, maxY }: Shape, { x, y, k }: View): void {
  const w = (maxX - minX) * k,
    h = (maxY - minY) * k,
    n = ring.length / 2;
  if (w < DOT_PX && h < DOT_PX) {
    g.rect(minX * k + x, minY * k + y, Math.max(1, w), Math.max(1, h));
    return;
  }
  const stride = Math.max(1, Math.min(Math.floor((n * PX_PER_VERTEX) / (2 * (w + h))), Math.floor(n / 6)));
  g.moveTo((ring[0] as number) * k + x, (ring[1] as number) * k + y);
  for (let i = 2 * stride; i < ring.length; i += 2 * stride)
    g.lineTo((ring[i] as number) * k + x, (ring[i + 1] as number) * k + y);
  g.closePath();
}

function inside(ring: Float64Array, x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [ring[i], ring[i + 1], ring[j], ring[j + 1]] as [number, number, number, number];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}
