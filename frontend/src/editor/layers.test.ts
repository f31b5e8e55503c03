import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What each folder may import besides itself; `..` is anything outside the editor. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ["zustand", "rbush"],
  canvas: ["core"],
  tools: ["core", "canvas"],
  keys: [],
  evidence: ["core", "zustand"],
  sync: ["core", "keys", "..", "zustand", "idb"],
  ui: ["core", "canvas", "tools", "keys", "evidence", "sync", "..", "react", "zustand", "@mantine", "@tanstack"],
};

const sources = (folder: string) =>
  readdirSync(join(here, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."))
    .map((name) => join(here, folder, name));

function importsOf(file: string): string[] {
  const found = readFileSync(file, "utf8").matchAll(/^(?:import|export|\}).*\bfrom "([^"]+)"|^import "([^"]+)"/gm);
  return [...found].map(([, from, bare]) => {
    const name = from ?? bare ?? "";
    if (!name.startsWith(".")) return name.split("/")[0] ?? name;
    const [top = ""] = relative(here, resolve(dirname(file), name)).split("/");
    return top;
  });
}

describe("imports go one way", () => {
  it.each(Object.keys(ALLOWED))("%s", (folder) => {
    const wrong = sources(folder).flatMap((file) =>
      importsOf(file)
        .filter((to) => to !== folder && !ALLOWED[folder]?.includes(to))
        .map((to) => `${relative(here, file)} imports ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("nothing of the product imports the development page", () => {
    const wrong = Object.keys(ALLOWED)
      .flatMap(sources)
      .filter((file) => importsOf(file).includes("dev"));
    expect(wrong).toEqual([]);
  });
});
