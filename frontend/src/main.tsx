import "virtual:mantine.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./app/queryClient";
import { cssVariables, theme } from "./app/theme";
import { router } from "./routes";

const colorScheme = localStorageColorSchemeManager({ key: "lapidary.color-scheme" });
// A newer build has replaced the files of this one: load the page anew, once, where the missing file was asked for.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("lapidary.reloaded"));
  if (Date.now() - last < 30_000 || !navigator.onLine) return;
  sessionStorage.setItem("lapidary.reloaded", String(Date.now()));
  event.preventDefault();
  window.location.reload();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={colorScheme}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
