// Fails the build when the bundle outgrows its budget. Figures are gzip sizes of what a browser has to load.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET = { entry: 180, page: 160, all: 700 };
const dist = new URL("../dist/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));

const sizes = new Map();
for (const name of readdirSync(join(dist, "assets"))) {
  sizes.set(`assets/${name}`, gzipSync(readFileSync(join(dist, "assets", name))).length);
}

/** Every file that loading the chunk `key` brings: itself, its static imports, and their styles. */
function closure(key, seen = new Set(), files = new Set()) {
  if (seen.has(key)) return files;
  seen.add(key);
  const chunk = manifest[key];
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const next of chunk.imports ?? []) closure(next, seen, files);
  return files;
}

const kilobytes = (files) => [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0) / 1000;
const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
const entry = closure(entryKey);
const rows = [["entry", kilobytes(entry), BUDGET.entry]];
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const own = new Set([...closure(key)].filter((file) => !entry.has(file)));
  rows.push([chunk.name ?? key, kilobytes(own), BUDGET.page]);
}
rows.push(["all", kilobytes(sizes.keys()), BUDGET.all]);

let bad = false;
for (const [name, size, limit] of rows) {
  const over = size > limit;
  bad ||= over;
  console.log(`${over ? "OVER " : "     "}${name.padEnd(24)} ${size.toFixed(1).padStart(7)} KB gz of ${limit}`);
}
process.exit(bad ? 1 : 0);
