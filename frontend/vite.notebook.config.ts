import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The grid for notebooks: one module and one style sheet with everything in them, as anywidget takes them. */
export default defineConfig({
  plugins: [react()],
  publicDir: false,
  build: {
    outDir: "notebook/lapidary/static",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    cssCodeSplit: false,
    rollupOptions: {
      input: "src/notebook/index.tsx",
      preserveEntrySignatures: "strict",
      output: { format: "es", entryFileNames: "grid.js", assetFileNames: "grid[extname]", codeSplitting: false },
    },
  },
});
