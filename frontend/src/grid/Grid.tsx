import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type KeyboardEvent, memo, type PointerEvent, useEffect, useRef } from "react";
import type { GridItem } from "../api/grid";
import classes from "./Grid.module.css";
import { columnsIn, GAP, moved, SHEET } from "./layout";
import type { Marks } from "./marks";

interface CellProps {
  item: GridItem;
  index: number;
  label: string;
  /** The class the item is given; "" for just wrong, undefined for no mark. */
  mark: string | undefined;
  /** Its class, written on it where a batch mixes them. */
  own: string | undefined;
  focused: boolean;
}

const Cell = memo(function Cell({ item, index, label, mark, own, focused }: CellProps) {
  const style: CSSProperties = item.atlas_url
    ? {
        backgroundImage: `url("${item.atlas_url}")`,
        backgroundPosition: `calc(var(--cell) * ${-(item.x / item.size)}) calc(var(--cell) * ${-(item.y / item.size)})`,
      }
    : {};
  return (
    <button
      type="button"
      className={classes.cell}
      data-index={index}
      aria-pressed={mark !== undefined}
      aria-label={label}
      title={item.evidence?.text || undefined}
      tabIndex={focused ? 0 : -1}
      style={style}
    >
      {mark ? (
        <span className={classes.tag}>{mark}</span>
      ) : (
        own && <span className={`${classes.tag} ${classes.own}`}>{own}</span>
      )}
    </button>
  );
});

type Name = (item: GridItem, index: number, count: number, mark: string | undefined) => string;

interface RowProps {
  items: readonly GridItem[];
  marks: Marks;
  first: number;
  columns: number;
  top: number;
  name: Name;
  mixed: boolean;
  /** The focused cell, -1 in another row. */
  focus: number;
}

/** Drawn once while it is scrolled by. */
const Row = memo(function Row({ items, marks, first, columns, top, name, mixed, focus }: RowProps) {
  return (
    <div className={classes.row} style={{ transform: `translateY(${top}px)` }}>
      {items.slice(first, first + columns).map((item, at) => {
        const mark = marks.get(item.id);
        return (
          <Cell
            key={item.id}
            item={item}
            index={first + at}
            label={name(item, first + at, items.length, mark)}
            mark={mark}
            own={mixed ? item.class : undefined}
            focused={first + at === focus}
          />
        );
      })}
    </div>
  );
});

export interface GridProps {
  items: readonly GridItem[];
  marks: Marks;
  cell: number;
  width: number;
  height: number;
  /** The spoken name of a cell; always the same function. */
  name: Name;
  label: string;
  mixed: boolean;
  focus: number;
  onFocus: (index: number) => void;
  onToggle: (index: number) => void;
  /** From the last one toggled to here. */
  onRange: (index: number) => void;
  /** A stroke begins (answers what it paints) and goes on. */
  onStroke: (index: number) => void;
  onPaint: (index: number) => void;
  onKey: (event: KeyboardEvent, index: number) => void;
  onLook: (index: number | null) => void;
  /** The last item that has been in view. */
  onSeen: (index: number) => void;
}

const HOLD = 450;
const indexOf = (target: EventTarget | null): number | undefined => {
  const cell = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
  return cell ? Number(cell.dataset.index) : undefined;
};

/** Rows of crops, of which only those in view are in the page. One listener for all cells. */
export function Grid(props: GridProps) {
  const { items, marks, cell, width, focus } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const columns = columnsIn(width, cell);
  const virtual = useVirtualizer({
    count: Math.ceil(items.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => cell + GAP,
    overscan: 2,
    useFlushSync: false,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another size is another layout.
  useEffect(() => virtual.measure(), [cell, columns]);
  const rows = virtual.getVirtualItems();
  const last = Math.floor(((virtual.scrollOffset ?? 0) + props.height + GAP + 2) / (cell + GAP)) * columns - 1;
  const { onSeen } = props;
  useEffect(() => onSeen(Math.min(last, items.length - 1)), [last, items.length, onSeen]);

  const go = (index: number) => {
    props.onFocus(index);
    virtual.scrollToIndex(Math.floor(index / columns));
    const there = () => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    // At once where it can be: the next key may come before the next frame, and must not hit the cell before.
    if (there()) there()?.focus();
    else requestAnimationFrame(() => there()?.focus());
  };
  const pointer = useGestures(props);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot scroll.
    <div
      ref={scroller}
      className={classes.scroller}
      data-grid=""
      role="group"
      aria-label={props.label}
      style={{ "--cell": `${cell}px` } as CSSProperties}
      {...pointer}
      onFocus={(event) => {
        const index = indexOf(event.target);
        if (index !== undefined && index !== focus) props.onFocus(index);
      }}
      onKeyDown={(event) => {
        const index = indexOf(event.target) ?? focus;
        const to =
          event.ctrlKey || event.metaKey || event.altKey ? undefined : moved(index, event.key, columns, items.length);
        if (to === undefined) return props.onKey(event, index);
        event.preventDefault();
        go(to);
        if (event.shiftKey) props.onRange(to);
      }}
      onKeyUp={(event) => event.key.toLowerCase() === "z" && props.onLook(null)}
    >
      <div className={classes.canvas} style={{ height: virtual.getTotalSize() }}>
        {rows.map(({ key, index, start }) => (
          <Row
            key={key}
            items={items}
            marks={marks}
            first={index * columns}
            columns={columns}
            top={start}
            name={props.name}
            mixed={props.mixed}
            focus={Math.floor(focus / columns) === index ? focus : -1}
          />
        ))}
      </div>
    </div>
  );
}

/** Click, Shift-click, a stroke of the mouse, a long touch. Keys on a button arrive as clicks without a pointer. */
function useGestures({ onToggle, onRange, onStroke, onPaint, onLook }: GridProps) {
  const stroke = useRef(false);
  const handled = useRef(false);
  const held = useRef<number | undefined>(undefined);
  const stop = () => window.clearTimeout(held.current);
  return {
    onPointerDown: (event: PointerEvent) => {
      const index = indexOf(event.target);
      handled.current = false;
      if (index === undefined || event.button !== 0) return;
      if (event.pointerType === "touch") {
        held.current = window.setTimeout(() => {
          handled.current = true;
          onLook(index);
        }, HOLD);
        return;
      }
      handled.current = true;
      if (event.shiftKey) return onRange(index);
      stroke.current = true;
      onStroke(index);
    },
    onPointerOver: (event: PointerEvent) => {
      if (!stroke.current) return;
      if (event.buttons !== 1) {
        stroke.current = false;
        return;
      }
      const index = indexOf(event.target);
      if (index !== undefined) onPaint(index);
    },
    onPointerUp: (event: PointerEvent) => {
      stroke.current = false;
      stop();
      if (event.pointerType === "touch" && handled.current) onLook(null);
    },
    onPointerCancel: () => {
      stop();
      onLook(null);
    },
    onClick: (event: { target: EventTarget; detail: number }) => {
      const index = indexOf(event.target);
      if (index === undefined) return;
      // A click of the mouse or after a long touch has had its effect already.
      if (event.detail > 0 && handled.current) return;
      onToggle(index);
    },
  };
}

/** A tile outside the grid, at a size of its own. */
export function Tile({ tile, cell }: { tile: Pick<GridItem, "atlas_url" | "x" | "y" | "size">; cell: number }) {
  return (
    <span
      className={classes.tile}
      style={{
        width: cell,
        height: cell,
        backgroundSize: `${cell * SHEET}px auto`,
        ...(tile.atlas_url && {
          backgroundImage: `url("${tile.atlas_url}")`,
          backgroundPosition: `${-(tile.x / tile.size) * cell}px ${-(tile.y / tile.size) * cell}px`,
        }),
      }}
    />
  );
}

/** The whole image with the label in it. */
export function Closeup({ item, label }: { item: GridItem; label: string }) {
  return (
    <div className={classes.closeup} role="img" aria-label={label}>
      <svg viewBox={`0 0 ${item.width} ${item.height}`} aria-hidden="true">
        <image href={item.image_url} width={item.width} height={item.height} />
        {item.box && (
          <g fill="none">
            {[6, 2].map((line) => (
              <rect
                key={line}
                x={item.box?.[0]}
                y={item.box?.[1]}
                width={item.box?.[2]}
                height={item.box?.[3]}
                stroke={line === 6 ? "#000" : "#ffe066"}
                strokeWidth={line}
                vectorEffect="non-scaling-stroke"
              />
            ))}
          </g>
        )}
      </svg>
    </div>
  );
}
