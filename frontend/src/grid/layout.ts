export const SMALLEST = 48;
export const LARGEST = 192;
export const GAP = 4;
/** A sheet has so many tiles side by side. */
export const SHEET = 16;

/** How many cells stand side by side. */
export const columnsIn = (width: number, cell: number): number => Math.max(1, Math.floor((width + GAP) / (cell + GAP)));

/** The cells' real size: as asked for, and a little more, so that a row fills its width. */
export const fitted = (width: number, cell: number): number =>
  width > 0 ? Math.min(cell * 1.5, Math.floor((width + GAP) / columnsIn(width, cell)) - GAP) : cell;

/** How many rows are wholly in view. */
export const rowsIn = (height: number, cell: number): number => Math.max(1, Math.floor((height + GAP) / (cell + GAP)));

/** A screenful, so that nobody commits what they have not seen; the server takes up to 200. */
export const screenful = (width: number, height: number, cell: number): number =>
  Math.min(200, columnsIn(width, cell) * rowsIn(height, cell));

/** Which of the two sheets is sharp enough. */
export const tileFor = (cell: number, ratio: number): 96 | 192 => (cell * Math.min(ratio, 2) > 120 ? 192 : 96);

/** Where an arrow key leads; undefined for any other key. */
export function moved(at: number, key: string, columns: number, count: number): number | undefined {
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (to === undefined) return undefined;
  if (to < 0 || to >= count) return key === "ArrowDown" && to - columns < count - 1 ? count - 1 : at;
  return to;
}
