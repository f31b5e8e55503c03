/** Why a task came and what the metrics say of it, in words. Shapes differ by router and metric, so nothing is taken for granted. */

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> =>
  typeof v === "object" && v !== null && !Array.isArray(v);

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What only a machine reads. */
const UNSPOKEN = new Set(["labels", "design", "route"]);

/** Named values, in words, those of a router's facts among them; a sentence has no name and comes first. */
export function factsOf(value: unknown): Fact[] {
  if (value === null || value === undefined || value === "") return [];
  if (!isObject(value) || typeof value.fact === "string") return [{ name: "", value: spoken(value) }];
  const { facts, ...rest } = value;
  return Object.entries({ ...rest, ...(isObject(facts) ? facts : {}) })
    .filter(([name, v]) => !UNSPOKEN.has(name) && v !== null && v !== "")
    .map(([name, v]) => ({ name: name === "reason" ? "" : name.replaceAll("_", " "), value: spoken(v) }))
    .sort((a, b) => Number(a.name !== "") - Number(b.name !== ""));
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
