// `virtual:mantine.css`: the styles of those Mantine components that the source uses, with the ones they are made of,
// in Mantine's own order. All of them together weigh 35 KB gz, and a list kept by hand would go stale.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Plugin } from "vite";

const NAME = "virtual:mantine.css";
const ALWAYS = ["baseline", "default-css-variables", "global"];

/** Names that the source imports from @mantine/core, types included: they do no harm. */
function usedNames(source: string): Set<string> {
  const names = new Set<string>(["MantineProvider"]);
  for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(file)) continue;
    for (const [, list = ""] of readFileSync(resolve(source, file), "utf8").matchAll(
      /import\s*\{([^}]*)\}\s*from\s*"@mantine\/(?:core|notifications)"/g,
    )) {
      for (const part of list.split(","))
        names.add(
          part
            .trim()
            .replace(/^type /, "")
            .split(" as ")[0] ?? "",
        );
    }
  }
  return names;
}

/** Which module of the package each exported name comes from. */
function modules(index: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, list = "", path = ""] of readFileSync(index, "utf8").matchAll(/import \{([^}]*)\} from "(\.[^"]+)"/g)) {
    for (const name of list.split(",")) found.set(name.trim(), resolve(dirname(index), path));
  }
  return found;
}

/** The style sheets that a module and all it imports speak of. */
function sheetsOf(file: string, seen: Set<string>, sheets: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
    const next = resolve(dirname(file), path);
    if (next.endsWith(".module.mjs")) sheets.add(basename(next, ".module.mjs"));
    else sheetsOf(next, seen, sheets);
  }
}

export function collectStyles(root: string): string {
  const core = resolve(root, "node_modules/@mantine/core");
  const whole = readFileSync(`${core}/styles.css`, "utf8");
  const from = modules(`${core}/esm/index.mjs`);
  const sheets = new Set(ALWAYS);
  const seen = new Set<string>();
  // Notifications are made of these, in a package of their own.
  for (const name of [...usedNames(`${root}/src`), "Notification", "Transition", "Portal"]) {
    const file = from.get(name);
    if (file) sheetsOf(file, seen, sheets);
  }
  return [...sheets]
    .map((name) => readFileSync(`${core}/styles/${name}.css`, "utf8").trim())
    .map((text) => ({ text, at: whole.indexOf(text.slice(0, 200)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text)
    .join("\n");
}

export function mantineStyles(): Plugin {
  let root = "";
  return {
    name: "mantine-styles",
    configResolved(config) {
      root = config.root;
    },
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? collectStyles(root) : null),
  };
}
