import { Box, Tabs } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback } from "react";
import { useProject } from "../../api/projects";
import { manages } from "../../app/session";
import { t } from "../../app/t";
import { Page } from "../../ui/Page";
import { Empty, Loaded, Loading } from "../../ui/states";
import { say } from "./messages";
import { VIEWS, type View } from "./views";

const PARTS = {
  overview: lazy(() => import("./Overview")),
  certificate: lazy(() => import("./Certificate")),
  calibration: lazy(() => import("./Calibration")),
  models: lazy(() => import("./Models")),
  images: lazy(() => import("./Images")),
  people: lazy(() => import("./People")),
};

/** What is likely wrong, what was found, and what can be proved: for the project's managers. */
export default function QualityPage() {
  const { project: id } = useParams({ from: "/inside/shell/projects/$project/quality" });
  const { view = "overview" } = useSearch({ from: "/inside/shell/projects/$project/quality" });
  const navigate = useNavigate();
  const query = useProject(id);
  const Part = PARTS[view];
  // On a phone the tabs are wider than the screen: the open one is in sight.
  const shown = useCallback(
    (list: HTMLElement | null) =>
      list?.querySelector(`[data-view="${view}"]`)?.scrollIntoView({ block: "nearest", inline: "center" }),
    [view],
  );
  const open = (next: string | null) =>
    void navigate({
      to: "/projects/$project/quality",
      params: { project: id },
      search: next && next !== "overview" ? { view: next as View } : {},
    });
  return (
    <Page title={t("nav.quality")} hint={say("hint")}>
      <Loaded query={query}>
        {(project) =>
          manages(project.my_roles) ? (
            <Tabs value={view} onChange={open} keepMounted={false}>
              <Box mb="md" style={{ overflowX: "auto" }}>
                <Tabs.List ref={shown} style={{ flexWrap: "nowrap", minWidth: "max-content" }}>
                  {VIEWS.map((name) => (
                    <Tabs.Tab key={name} value={name} data-view={name}>
                      {say(`view.${name}`)}
                    </Tabs.Tab>
                  ))}
                </Tabs.List>
              </Box>
              <Tabs.Panel value={view}>
                <Suspense fallback={<Loading />}>
                  <Part project={id} />
                </Suspense>
              </Tabs.Panel>
            </Tabs>
          ) : (
            <Empty icon="lock" title={t("error.forbidden")} hint={say("notYours")} />
          )
        }
      </Loaded>
    </Page>
  );
}
