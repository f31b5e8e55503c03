import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "../../api/client";
import { keys } from "../../api/keys";
import { useProject } from "../../api/projects";
import type { DataUnit } from "../../api/types";

const SAMPLE = 50;

/** What the project's images may be told apart by: keys of the metadata of the first images of its first data set. */
export function useMetadataKeys(project: string): string[] {
  const dataset = useProject(project).data?.datasets[0];
  const query = useQuery({
    queryKey: [...keys.dataUnits(dataset ?? ""), "metadata-keys"],
    queryFn: ({ signal }) =>
      api.get<Page<DataUnit>>(`/datasets/${dataset}/data-units/`, { query: { limit: SAMPLE }, signal }),
    select: ({ results }) => [...new Set(results.flatMap(({ metadata }) => Object.keys(metadata)))].sort(),
    enabled: dataset !== undefined,
    staleTime: 60_000,
  });
  return query.data ?? [];
}
