import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, nextPath, type Page, type Query } from "./client";

interface Options<T> {
  enabled?: boolean;
  /** Milliseconds between polls of a visible tab; or what follows from the first page and how often it was read. */
  refetchInterval?: number | ((first: readonly T[], reads: number) => number | false);
}

/** A keyset-paged list, read page after page; `rows` are those of all pages read so far. */
export function useKeyset<T>(key: readonly unknown[], path: string, query: Query = {}, options: Options<T> = {}) {
  const interval = options.refetchInterval;
  const result = useInfiniteQuery<Page<T>, Error, InfiniteData<Page<T>>, readonly unknown[], string | null>({
    queryKey: [...key, query],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) =>
      pageParam ? api.get<Page<T>>(pageParam, { signal }) : api.get<Page<T>>(path, { query, signal }),
    getNextPageParam: (last) => (last.next ? nextPath(last.next) : null),
    enabled: options.enabled ?? true,
    refetchInterval: ({ state: { data, dataUpdateCount } }) =>
      typeof interval === "function" ? interval(data?.pages[0]?.results ?? [], dataUpdateCount) : (interval ?? false),
  });
  const rows = useMemo(() => result.data?.pages.flatMap((page) => page.results) ?? [], [result.data]);
  return {
    rows,
    loading: result.isPending && (options.enabled ?? true),
    loadingMore: result.isFetchingNextPage,
    hasMore: result.hasNextPage,
    loadMore: result.fetchNextPage,
    error: result.error,
    refetch: result.refetch,
  };
}
