/** Reading what the server tells of why a task came and how sure it is of each label. Shapes differ by router and metric, so nothing is taken for granted. */

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> =>
  typeof v === "object" && v !== null && !Array.isArray(v);

/** How doubtful a label is, higher first; 0 where nothing is known. */
export function doubtOf(metrics: unknown): (label: string) => number {
  const byLabel = isObject(metrics) && isObject(metrics.labels) ? metrics.labels : {};
  return (id) => {
    const entry = byLabel[id];
    if (typeof entry === "number") return entry;
    return isObject(entry) && typeof entry.mistakenness === "number" ? entry.mistakenness : 0;
  };
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What only a machine reads. */
const UNSPOKEN = new Set(["labels", "design"]);

/** Named values, one level deep, in words. */
export function factsOf(value: unknown): Fact[] {
  if (value === null || value === undefined || value === "") return [];
  if (!isObject(value) || typeof value.fact === "string") return [{ name: "", value: spoken(value) }];
  return Object.entries(value)
    .filter(([name, v]) => !UNSPOKEN.has(name) && v !== null && v !== "")
    .map(([name, v]) => ({ name: name.replaceAll("_", " "), value: spoken(v) }));
}

const COMPARED: Record<string, string> = { ">=": "≥", "<=": "≤", "==": "=", "!=": "≠" };

function spoken(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(3);
  if (Array.isArray(value)) return value.map(spoken).join(", ");
  if (!isObject(value)) return String(value);
  if (typeof value.fact === "string")
    return `${value.fact.replaceAll("_", " ")} ${COMPARED[String(value.op)] ?? String(value.op ?? "=")} ${spoken(value.value)}`;
  return Object.entries(value)
    .map(([k, v]) => `${k.replaceAll("_", " ")} ${spoken(v)}`)
    .join(", ");
}
