/** `npx vite src/editor/dev`: the editor against an answerer in memory. No part of the product's build. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  plugins: [react()],
  cacheDir: fileURLToPath(new URL("../../../node_modules/.vite-editor", import.meta.url)),
  build: {
    outDir: fileURLToPath(new URL("../../../node_modules/.editor-page", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    rollupOptions: { input: { index: `${here}index.html`, bench: `${here}bench.html` } },
  },
});
