import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { useKeyset } from "./keyset";
import type {
  Job,
  QualityAudit,
  QualityCalibration,
  QualityCertificate,
  QualityEvaluation,
  QualityFigures,
  QualityIssued,
  QualityLabel,
  QualityPerson,
  QualityPolicy,
  QualityPreview,
  QualityPreviewProject,
  QualityRoute,
  QualityRouteRun,
  QualitySettings,
  QualitySummary,
} from "./types";

type Asked = Record<string, string | number | undefined>;

/** Every read of a project's quality begins with this, so that a new run forgets them all. */
export const qualityKey = (project: string) => ["projects", project, "quality"] as const;
export const qualityPath = (project: string, path: string) => `/projects/${project}/quality/${path}`;

/** A read below `/projects/{id}/quality/`; while another query is asked, the last answer stays. */
export const useQuality = <T>(project: string, path: string, query: Asked = {}, enabled = true) =>
  useQuery({
    queryKey: [...qualityKey(project), path, query],
    queryFn: ({ signal }) => api.get<T>(qualityPath(project, path), { query, signal }),
    placeholderData: keepPreviousData,
    enabled,
  });

/** A keyset-paged list below `/projects/{id}/quality/`. */
export const useQualityList = <T>(project: string, path: string, query: Asked = {}, enabled = true) =>
  useKeyset<T>([...qualityKey(project), path, "list"], qualityPath(project, path), query, { enabled });

export const useQualitySummary = (project: string) => useQuality<QualitySummary>(project, "");

/** Two minutes long, after which what still has no crop has no picture either. */
const CROPS = { every: 5_000, reads: 24 };
const hasNoCrop = (first: readonly QualityLabel[]) => first.length > 0 && first.every((one) => !one.atlas_url);

/** The labels likeliest to be wrong; asked again while their crops are being cut. */
export const useLikelyWrong = (project: string, query: Asked) =>
  useKeyset<QualityLabel>([...qualityKey(project), "labels/", "list"], qualityPath(project, "labels/"), query, {
    refetchInterval: (first, reads) => (hasNoCrop(first) && reads < CROPS.reads ? CROPS.every : false),
  });

export const useRoutes = (project: string) => useQualityList<QualityRouteRun>(project, "routes/", { limit: 10 });
export const usePolicy = (project: string) => useQuality<QualityPolicy>(project, "policy/");
/** Of a snapshot; as of now without one. */
export const useCertificate = (project: string, snapshot?: string) =>
  useQuality<QualityCertificate>(project, "certificate/", { snapshot });
export const useIssued = (project: string) => useQualityList<QualityIssued>(project, "certificates/", { limit: 10 });
export const useAudit = (project: string) => useQuality<QualityAudit>(project, "audit/");
export const useQualitySettings = (project: string) => useQuality<QualitySettings>(project, "settings/");
export const useEvaluation = (project: string, at: Asked, enabled: boolean) =>
  useQuality<QualityEvaluation>(project, "evaluation/", at, enabled);
export const useCalibration = (project: string) => useQuality<QualityCalibration>(project, "calibration/");
export const useGridFigures = (project: string) => useQuality<QualityFigures>(project, "grid/figures/");
export const useQualityPeople = (project: string) => useQualityList<QualityPerson>(project, "people/", { limit: 50 });

export type RouteRule = "threshold" | "top" | "target_recall" | "budget";
/** Which tasks are in question: by what is most likely wrong in them, and by where they are. */
export interface RouteFilter {
  class?: string | undefined;
  kind?: string | undefined;
  stage?: string | undefined;
}
/** Whose time a budget is, for which tasks, and whether a day has that much of it. */
export interface RouteBudget {
  person?: string | undefined;
  skill?: string | undefined;
  per_day?: boolean;
}
/** What a routing asks for: one rule, and where to. `budget` says more of the rule of that name. */
export interface RouteOrder {
  rule: RouteRule;
  value: number;
  stage: string;
  filter?: RouteFilter;
  budget?: RouteBudget;
}

/** The order as the server takes it. */
export const routeBody = ({ rule, value, stage, filter = {}, budget = {} }: RouteOrder) => ({
  metric: "mistakenness",
  to_stage: stage,
  [rule]: rule === "budget" ? { seconds: value, ...given(budget) } : value,
  filter: given(filter),
});

const given = <T extends object>(from: T): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value)) as Partial<T>;

/** Sends, or with `dry` says what would be sent; many tasks are a job's work. */
export const route = (project: string, order: RouteOrder, dry: boolean, signal?: AbortSignal) =>
  api.post<QualityRoute | Job>(
    qualityPath(project, "route/"),
    { ...routeBody(order), dry_run: dry },
    { signal, ...(dry && { idempotencyKey: null }) },
  );

export const isJob = (answer: object): answer is Job => "state" in answer;

/** What a routing would do, asked anew whenever the order changes. */
export const useDryRoute = (project: string, order: RouteOrder, enabled: boolean) =>
  useQuery({
    queryKey: ["quality-route", project, order],
    queryFn: ({ signal }) => route(project, order, true, signal),
    placeholderData: keepPreviousData,
    enabled,
    retry: false,
  });

/** A router's branches as its `config` has them. */
export interface RouterBranches {
  branches: readonly { outcome: string; when: unknown }[];
  otherwise: string;
}

/** The projects that travel the same workflow and that one manages, the most recently active first. */
export const usePreviewProjects = (project: string, enabled: boolean) =>
  useQuality<{ results: QualityPreviewProject[] }>(project, "preview/", {}, enabled);

/** What a router would have done with a project's last scored tasks; the last answer stays while one types. */
export const useRouterPreview = (project: string | undefined, router: RouterBranches, enabled: boolean) =>
  useQuery({
    queryKey: [...qualityKey(project ?? ""), "preview", router],
    queryFn: ({ signal }) =>
      api.post<QualityPreview>(qualityPath(project ?? "", "preview/"), router, { signal, idempotencyKey: null }),
    placeholderData: keepPreviousData,
    enabled: enabled && project !== undefined,
    retry: false,
  });
