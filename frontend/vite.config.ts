import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mantineStyles } from "./scripts/mantineStyles.ts";

const server = process.env.LAPIDARY_URL ?? "http://127.0.0.1:8000";

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/static/app/" : "/",
  plugins: [react(), mantineStyles()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    sourcemap: false,
    manifest: "manifest.json",
    target: "es2022",
    // light-dark() stays as it is: the library sets color-scheme on the root.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Nothing may be inlined as a data: URL or script: the policy of the server allows files of its own only.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(["/api", "/media", "/admin", "/static/admin"].map((path) => [path, server])),
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
  },
}));
