/** Pointer, pen, touch and wheel of one element as a small stream: one pointer works, two fingers move the view. */

export interface RawPointer {
  /** CSS pixels from the element's corner. */
  readonly sx: number;
  readonly sy: number;
  /** Every position since the last event, for strokes. */
  readonly samples: readonly (readonly [number, number])[];
  readonly button: number;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  /** 2 for the second press of a double click. */
  readonly count: number;
  readonly touch: boolean;
}

export interface PointerSink {
  down(p: RawPointer): void;
  move(p: RawPointer): void;
  up(p: RawPointer): void;
  leave(): void;
  /** The press turned out to be something else (a second finger, a system gesture). */
  abort(): void;
  /** Wheel or pinch: zoom by a factor at a point, and shift. */
  glide(factor: number, sx: number, sy: number, dx: number, dy: number): void;
}

const WHEEL_SPEED = 0.0016;
const LINE_PX = 16;
const DOUBLE_MS = 350;
const DOUBLE_PX = 6;

export function listen(element: HTMLElement, sink: PointerSink): () => void {
  const fingers = new Map<number, readonly [number, number]>();
  let corner = element.getBoundingClientRect(),
    last = { at: 0, sx: 0, sy: 0, count: 0 },
    gliding = false;
  const place = (e: { clientX: number; clientY: number }) => [e.clientX - corner.left, e.clientY - corner.top] as const;

  const raw = (e: PointerEvent, count = 1): RawPointer => {
    const [sx, sy] = place(e),
      all = e.getCoalescedEvents?.() ?? [];
    return {
      sx,
      sy,
      samples: all.length ? all.map(place) : [[sx, sy]],
      button: e.button,
      count,
      shift: e.shiftKey,
      alt: e.altKey,
      ctrl: e.ctrlKey || e.metaKey,
      touch: e.pointerType === "touch",
    };
  };

  const down = (e: PointerEvent) => {
    corner = element.getBoundingClientRect();
    const [sx, sy] = place(e);
    fingers.set(e.pointerId, [sx, sy]);
    element.setPointerCapture(e.pointerId);
    if (fingers.size > 1) {
      if (!gliding) sink.abort();
      gliding = true;
      return;
    }
    const near = e.timeStamp - last.at < DOUBLE_MS && Math.hypot(sx - last.sx, sy - last.sy) < DOUBLE_PX;
    last = { at: e.timeStamp, sx, sy, count: near ? last.count + 1 : 1 };
    element.focus({ preventScroll: true });
    sink.down(raw(e, last.count));
    e.preventDefault();
  };

  const move = (e: PointerEvent) => {
    if (gliding && fingers.has(e.pointerId)) return glide(e);
    if (!fingers.size) corner = element.getBoundingClientRect();
    if (!gliding) sink.move(raw(e));
  };

  const glide = (e: PointerEvent) => {
    const [a, b] = [...fingers.values()];
    fingers.set(e.pointerId, place(e));
    const [c, d] = [...fingers.values()];
    if (!a || !b || !c || !d) return;
    const before = Math.hypot(a[0] - b[0], a[1] - b[1]),
      after = Math.hypot(c[0] - d[0], c[1] - d[1]);
    const x = (c[0] + d[0]) / 2,
      y = (c[1] + d[1]) / 2;
    sink.glide(before ? after / before : 1, x, y, x - (a[0] + b[0]) / 2, y - (a[1] + b[1]) / 2);
  };

  const up = (e: PointerEvent) => {
    fingers.delete(e.pointerId);
    if (!gliding) sink.up(raw(e, last.count));
    else if (!fingers.size) gliding = false;
  };

  const cancel = (e: PointerEvent) => {
    fingers.delete(e.pointerId);
    if (!gliding) sink.abort();
    else if (!fingers.size) gliding = false;
  };

  const wheel = (e: WheelEvent) => {
    e.preventDefault();
    corner = element.getBoundingClientRect();
    const unit = e.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1,
      [sx, sy] = place(e);
    // A track-pad's pinch comes as a wheel with Ctrl; Shift makes a wheel move sideways.
    if (e.shiftKey && !e.ctrlKey) sink.glide(1, sx, sy, -(e.deltaX || e.deltaY) * unit, 0);
    else sink.glide(Math.exp(-e.deltaY * unit * WHEEL_SPEED * (e.ctrlKey ? 5 : 1)), sx, sy, 0, 0);
  };

  const leave = () => sink.leave();
  const menu = (e: Event) => e.preventDefault();
  element.style.touchAction = "none";
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("contextmenu", menu);
  return () => {
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", cancel);
    element.removeEventListener("pointerleave", leave);
    element.removeEventListener("wheel", wheel);
    element.removeEventListener("contextmenu", menu);
  };
}
