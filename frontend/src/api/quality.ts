import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { useKeyset } from "./keyset";
import type {
  Job,
  QualityAudit,
  QualityCalibration,
  QualityCertificate,
  QualityEvaluation,
  QualityIssued,
  QualityLabel,
  QualityPerson,
  QualityPolicy,
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
export const useLikelyWrong = (project: string, limit: number) =>
  useQualityList<QualityLabel>(project, "labels/", { limit });
export const useRoutes = (project: string) => useQualityList<QualityRouteRun>(project, "routes/", { limit: 10 });
export const usePolicy = (project: string) => useQuality<QualityPolicy>(project, "policy/");
export const useCertificate = (project: string) => useQuality<QualityCertificate>(project, "certificate/");
export const useIssued = (project: string) => useQualityList<QualityIssued>(project, "certificates/", { limit: 10 });
export const useAudit = (project: string) => useQuality<QualityAudit>(project, "audit/");
export const useQualitySettings = (project: string) => useQuality<QualitySettings>(project, "settings/");
export const useEvaluation = (project: string, at: Asked, enabled: boolean) =>
  useQuality<QualityEvaluation>(project, "evaluation/", at, enabled);
export const useCalibration = (project: string) => useQuality<QualityCalibration>(project, "calibration/");
export const useQualityPeople = (project: string) => useQualityList<QualityPerson>(project, "people/", { limit: 50 });

export type RouteRule = "threshold" | "top" | "target_recall" | "budget";
/** What a routing asks for: one rule, and where to. */
export interface RouteOrder {
  rule: RouteRule;
  value: number;
  stage: string;
}

/** Sends, or with `dry` says what would be sent; many tasks are a job's work. */
export const route = (project: string, { rule, value, stage }: RouteOrder, dry: boolean, signal?: AbortSignal) =>
  api.post<QualityRoute | Job>(
    qualityPath(project, "route/"),
    { metric: "mistakenness", to_stage: stage, [rule]: value, dry_run: dry },
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
