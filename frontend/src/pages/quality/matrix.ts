/** How strongly each cell of a confusion matrix is tinted: its share of its row, from 0 to 1. The last row (what was
 * predicted and is not there) is measured by its largest. */
export function tints(counts: readonly (readonly number[])[]): number[][] {
  return counts.map((row, place) => {
    const whole = place === counts.length - 1 ? Math.max(...row) : row.reduce((sum, one) => sum + one, 0);
    return row.map((one) => (whole > 0 ? one / whole : 0));
  });
}

/** A curve's points as a path in a square of `side`, from the lower left. */
export const pathOf = (points: readonly (readonly number[])[], x: (at: number) => number, y: (at: number) => number) =>
  points.map(([recall = 0, precision = 0], place) => `${place ? "L" : "M"}${x(recall)} ${y(precision)}`).join("");
