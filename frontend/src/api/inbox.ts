import { useQuery } from "@tanstack/react-query";
import { api, type Page } from "./client";
import { keys } from "./keys";
import type { InboxEntry } from "./types";

/** How many entries are unread, a hundred at most; asked for once in a while, when the tab is visible. */
export function useUnread(): number {
  const { data } = useQuery({
    queryKey: [...keys.inbox, "unread"],
    queryFn: ({ signal }) => api.get<Page<InboxEntry>>("/my/inbox/", { query: { unread: true, limit: 100 }, signal }),
    refetchInterval: 30_000,
  });
  return data?.results.length ?? 0;
}
