import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { useKeyset } from "./keyset";
import type { QualityCalibration, QualityPerson } from "./types";

/** Every read of a project's quality begins with this, so that a new run forgets them all. */
export const qualityKey = (project: string) => ["projects", project, "quality"] as const;

/** A read below `/projects/{id}/quality/`. */
export const useQuality = <T>(project: string, path: string, query: Record<string, string | number> = {}) =>
  useQuery({
    queryKey: [...qualityKey(project), path, query],
    queryFn: ({ signal }) => api.get<T>(`/projects/${project}/quality/${path}`, { query, signal }),
  });

export const useCalibration = (project: string) => useQuality<QualityCalibration>(project, "calibration/");

export const useQualityPeople = (project: string) =>
  useKeyset<QualityPerson>([...qualityKey(project), "people"], `/projects/${project}/quality/people/`, { limit: 50 });
