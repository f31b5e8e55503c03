import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Me } from "../../api/types";
import type { IconName } from "../../ui/Icon";
import { useColorScheme } from "../preferences";
import { signOut } from "../session";
import { useShortcutRegistry } from "../shortcuts";
import { t } from "../t";
import { openHelp } from "./overlays";

export interface Command {
  id: string;
  label: string;
  group: string;
  icon: IconName;
  run: () => void;
}

/** Words of the query anywhere in the label; labels that begin with the query first. */
export function filterCommands(commands: readonly Command[], query: string): Command[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const rank = ({ label }: Command) => (label.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return words.length === 0 ? found : found.toSorted((a, b) => rank(a) - rank(b));
}

export function useCommands(me: Me): Command[] {
  const navigate = useNavigate();
  const { setScheme } = useColorScheme();
  const shortcuts = useShortcutRegistry((state) => state.shortcuts);
  return useMemo(() => {
    const page = (to: string, label: string, icon: IconName): Command => ({
      id: to,
      label,
      icon,
      group: t("palette.group.page"),
      run: () => void navigate({ to }),
    });
    const act = (label: string, icon: IconName, run: () => void): Command => ({
      id: label,
      label,
      icon,
      group: t("palette.group.action"),
      run,
    });
    return [
      page("/queue", t("nav.queue"), "list-check"),
      page("/inbox", t("nav.inbox"), "inbox"),
      page("/projects", t("nav.projects"), "folder"),
      page("/ontologies", t("nav.ontologies"), "category"),
      page("/datasets", t("nav.datasets"), "photo"),
      page("/organization", t("nav.organization"), "building"),
      page("/account", t("nav.account"), "user"),
      ...me.projects.map((project) => ({
        id: project.id,
        label: project.name,
        icon: "folder" as const,
        group: t("palette.group.project"),
        run: () => void navigate({ to: "/projects/$project", params: { project: project.id } }),
      })),
      ...shortcuts
        .filter(({ group }) => group === t("help.page"))
        .map((item) => ({ ...act(item.label, "arrow-right", item.run), id: item.keys })),
      act(`${t("theme.label")}: ${t("theme.light")}`, "sun", () => setScheme("light")),
      act(`${t("theme.label")}: ${t("theme.dark")}`, "moon", () => setScheme("dark")),
      act(`${t("theme.label")}: ${t("theme.auto")}`, "device-desktop", () => setScheme("auto")),
      act(t("nav.help"), "keyboard", openHelp),
      act(t("signin.out"), "logout", () => void signOut()),
    ];
  }, [me, navigate, setScheme, shortcuts]);
}
