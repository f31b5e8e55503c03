/** What a transfer's `result` says, whatever names its parts have: figures, and a list of what was not carried. */
export interface ReportItem {
  what: string;
  why: string;
}

export interface Report {
  url: string | null;
  figures: [string, number][];
  items: ReportItem[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

function itemOf(value: unknown): ReportItem {
  if (!isRecord(value)) return { what: text(value), why: "" };
  const place =
    [value.file, value.file_name, value.name, value.item, value.image, value.id].map(text).find(Boolean) ?? "";
  const within = [value.label, value.index, value.line, value.pointer].map(text).find(Boolean);
  return {
    what: within ? `${place} ${within}`.trim() : place,
    why: text(value.detail) || text(value.reason) || text(value.code),
  };
}

/** Reads a job's result for people. */
export function readReport(result: Record<string, unknown> | null): Report {
  const report: Report = { url: null, figures: [], items: [] };
  for (const [name, value] of Object.entries(result ?? {})) {
    if (name === "url" && typeof value === "string") report.url = value;
    else if (typeof value === "number" && !name.endsWith("_count"))
      report.figures.push([name.replaceAll("_", " "), value]);
    else if (Array.isArray(value)) report.items.push(...value.map(itemOf));
  }
  return report;
}
