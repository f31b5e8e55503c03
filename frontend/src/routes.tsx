import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { isProblem } from "./api/client";
import { projectQuery } from "./api/projects";
import { queryClient } from "./app/queryClient";
import { meQuery } from "./app/session";
import { parseGrid } from "./pages/grid/search";
import { parseView } from "./pages/quality/views";
import { WORKING } from "./pages/queue/working";
import { RouteError } from "./pages/RouteError";
import { safeNext } from "./pages/signin/search";
import { parseFilters } from "./pages/tasks/filters";
import { Loading } from "./ui/Loading";

const NotFound = lazyRouteComponent(() => import("./pages/NotFound"));

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string; welcome?: boolean } => ({
    ...(safeNext(search.next) && { next: safeNext(search.next) }),
    ...(search.welcome === true && { welcome: true }),
  }),
  component: lazyRouteComponent(() => import("./pages/signin/SignIn")),
});

const invitationToken = (search: Record<string, unknown>): { token?: string } =>
  typeof search.token === "string" ? { token: search.token } : {};
const Invitation = lazyRouteComponent(() => import("./pages/signin/Invitation"));
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  validateSearch: invitationToken,
  component: Invitation,
});
const invitationPath = createRoute({ getParentRoute: () => root, path: "/invitations/$token", component: Invitation });

/** Everything behind the door: knows who is there before any page is drawn. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!isProblem(error, 401)) throw error;
      const next = location.href === "/" ? undefined : safeNext(location.href);
      throw redirect({ to: "/sign-in", search: next ? { next } : {} });
    }
  },
  component: lazyRouteComponent(() => import("./app/shell/Inside")),
});

const shell = createRoute({
  getParentRoute: () => inside,
  id: "shell",
  component: lazyRouteComponent(() => import("./app/shell/Shell")),
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  // Who takes tasks somewhere begins with them; who only oversees begins with the projects.
  beforeLoad: async ({ context }) => {
    const me = await context.queryClient.ensureQueryData(meQuery);
    const works = me.projects.some((project) => project.roles.some((role) => WORKING.includes(role)));
    throw redirect({ to: works || me.projects.length === 0 ? "/queue" : "/projects" });
  },
});

const queue = createRoute({
  getParentRoute: () => shell,
  path: "/queue",
  component: lazyRouteComponent(() => import("./pages/queue/QueuePage")),
});

const inbox = createRoute({
  getParentRoute: () => shell,
  path: "/inbox",
  component: lazyRouteComponent(() => import("./pages/inbox/InboxPage")),
});

const projects = createRoute({
  getParentRoute: () => shell,
  path: "/projects",
  component: lazyRouteComponent(() => import("./pages/projects/ProjectsPage")),
});

const newProject = createRoute({
  getParentRoute: () => shell,
  path: "/projects/new",
  component: lazyRouteComponent(() => import("./pages/projects/NewProjectPage")),
});

const project = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$project",
  loader: ({ context, params }) => context.queryClient.ensureQueryData(projectQuery(params.project)),
});

const overview = createRoute({
  getParentRoute: () => project,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/project/OverviewPage")),
});

const tasks = createRoute({
  getParentRoute: () => project,
  path: "/tasks",
  validateSearch: parseFilters,
  component: lazyRouteComponent(() => import("./pages/tasks/TasksPage")),
});

const history = createRoute({
  getParentRoute: () => project,
  path: "/tasks/$task/history",
  component: lazyRouteComponent(() => import("./pages/history/HistoryPage")),
});

const workflow = createRoute({
  getParentRoute: () => project,
  path: "/workflow",
  component: lazyRouteComponent(() => import("./pages/workflow/WorkflowPage")),
});

const people = createRoute({
  getParentRoute: () => project,
  path: "/people",
  component: lazyRouteComponent(() => import("./pages/people/PeoplePage")),
});

const transfer = createRoute({
  getParentRoute: () => project,
  path: "/transfer",
  component: lazyRouteComponent(() => import("./pages/transfer/TransferPage")),
});

const assistant = createRoute({
  getParentRoute: () => project,
  path: "/assistant",
  component: lazyRouteComponent(() => import("./pages/assistant/AssistantPage")),
});

const quality = createRoute({
  getParentRoute: () => project,
  path: "/quality",
  validateSearch: parseView,
  component: lazyRouteComponent(() => import("./pages/quality/QualityPage")),
});

const grid = createRoute({
  getParentRoute: () => project,
  path: "/grid",
  validateSearch: parseGrid,
  component: lazyRouteComponent(() => import("./pages/grid/GridPage")),
});

const editor = createRoute({
  getParentRoute: () => inside,
  path: "/projects/$project/tasks/$task",
  component: lazyRouteComponent(() => import("./pages/editor/EditorPage")),
});

const ontologies = createRoute({
  getParentRoute: () => shell,
  path: "/ontologies",
  component: lazyRouteComponent(() => import("./pages/ontology/OntologiesPage")),
});

const ontology = createRoute({
  getParentRoute: () => shell,
  path: "/ontologies/$ontology",
  component: lazyRouteComponent(() => import("./pages/ontology/OntologyPage")),
});

const datasets = createRoute({
  getParentRoute: () => shell,
  path: "/datasets",
  component: lazyRouteComponent(() => import("./pages/datasets/DatasetsPage")),
});

const dataset = createRoute({
  getParentRoute: () => shell,
  path: "/datasets/$dataset",
  component: lazyRouteComponent(() => import("./pages/datasets/DatasetPage")),
});

const organization = createRoute({
  getParentRoute: () => shell,
  path: "/organization",
  component: lazyRouteComponent(() => import("./pages/organization/OrganizationPage")),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account/AccountPage")),
});

const tree = root.addChildren([
  signIn,
  invitation,
  invitationPath,
  inside.addChildren([
    editor,
    shell.addChildren([
      home,
      queue,
      inbox,
      projects,
      newProject,
      project.addChildren([overview, tasks, history, workflow, people, transfer, assistant, quality, grid]),
      ontologies,
      ontology,
      datasets,
      dataset,
      organization,
      account,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  context: { queryClient },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Loading,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
