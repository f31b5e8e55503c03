const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === "object" && v !== null;

/** How doubtful a label is by a task's metrics, higher first; 0 where nothing is known. */
export function doubtOf(metrics: unknown): (label: string) => number {
  const byLabel = isObject(metrics) && isObject(metrics.labels) ? metrics.labels : {};
  return (id) => {
    const entry = byLabel[id];
    return typeof entry === "number" ? entry : 0;
  };
}
