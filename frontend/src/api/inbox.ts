import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "./client";
import { keys } from "./keys";
import type { InboxEntry } from "./types";

/** The newest entries, asked for now and then while the tab is visible. */
export function useUnread(): number {
  const { data } = useQuery({
    queryKey: [...keys.inbox, "newest"],
    queryFn: ({ signal }) => api.get<Page<InboxEntry>>("/my/inbox/", { query: { limit: 100 }, signal }),
    refetchInterval: 30_000,
  });
  return data?.results.filter((entry) => entry.read_at === null).length ?? 0;
}
