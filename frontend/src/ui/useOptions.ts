import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "../api/client";

/** The first two hundred of a list, as choices of a select. */
export function useOptions<T extends { id: string; name: string }>(key: readonly unknown[], path: string) {
  const query = useQuery({
    queryKey: [...key, "options"],
    queryFn: ({ signal }) => api.get<Page<T>>(path, { query: { limit: 200 }, signal }),
  });
  const items = query.data?.results ?? [];
  return { items, choices: items.map(({ id, name }) => ({ value: id, label: name })), query };
}
