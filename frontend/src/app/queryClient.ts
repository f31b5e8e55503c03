import { MutationCache, QueryClient } from "@tanstack/react-query";
import { isProblem } from "../api/client";
import { describeError, isPassing } from "./errors";
import { notify } from "./notify";

declare module "@tanstack/react-query" {
  interface Register {
    /** `quiet`: the caller shows the error itself. */
    mutationMeta: { quiet?: boolean };
  }
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && isPassing(error),
    },
    mutations: { retry: false, networkMode: "always" },
  },
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (mutation.meta?.quiet || isProblem(error, 401)) return;
      notify({ color: "red", message: describeError(error), autoClose: 8_000 });
    },
  }),
});
