import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useStoredPreferences } from "../preferences";
import { listenForShortcuts, useShortcuts } from "../shortcuts";
import { t } from "../t";
import { openHelp, openPalette, useOverlay } from "./overlays";

const Palette = lazy(() => import("./Palette"));
const HelpDialog = lazy(() => import("./HelpDialog"));

/** What every page inside has: the keys that work everywhere, the command palette and the help dialog. */
export function Overlays() {
  const navigate = useNavigate();
  const open = useOverlay((state) => state.open);
  useEffect(listenForShortcuts, []);
  useStoredPreferences();
  const go = (keys: string, label: string, to: string) => ({
    keys,
    label,
    group: t("help.go"),
    run: () => void navigate({ to }),
  });
  useShortcuts([
    go("g q", t("nav.queue"), "/queue"),
    go("g i", t("nav.inbox"), "/inbox"),
    go("g p", t("nav.projects"), "/projects"),
    go("g o", t("nav.ontologies"), "/ontologies"),
    go("g d", t("nav.datasets"), "/datasets"),
    { keys: "mod+k", label: t("nav.palette"), group: t("help.general"), run: openPalette },
    { keys: "?", label: t("help.title"), group: t("help.general"), run: openHelp },
  ]);
  return (
    <Suspense>
      {open === "palette" && <Palette />}
      {open === "help" && <HelpDialog />}
    </Suspense>
  );
}
