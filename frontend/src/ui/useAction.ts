import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isProblem } from "../api/client";
import { describeError, sortErrors } from "../app/errors";
import { notify } from "../app/notify";
import { useSession } from "../app/session";

interface Options<T> {
  /** Cache keys, by prefix, that the change makes old. */
  forget?: readonly QueryKey[];
  /** What to say when it is done. */
  done?: string | ((data: T) => string);
  onDone?: (data: T) => void;
  /** Names of the form's fields: errors come back sorted into them instead of as a notification. */
  fields?: readonly string[];
}

/** One write: runs it, forgets what it changed, says that it is done, or sorts what the server refused. */
export function useAction<V, T>(run: (value: V) => Promise<T>, options: Options<T> = {}) {
  const client = useQueryClient();
  const [fieldErrors, setFieldErrors] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<string[]>([]);
  const clear = () => {
    setFieldErrors({});
    setErrors([]);
  };
  const mutation = useMutation({
    mutationFn: run,
    meta: { quiet: options.fields !== undefined },
    onMutate: clear,
    onSuccess: async (data) => {
      await Promise.all((options.forget ?? []).map((queryKey) => client.invalidateQueries({ queryKey })));
      const text = typeof options.done === "function" ? options.done(data) : options.done;
      if (text) notify({ message: text, autoClose: 3_000 });
      options.onDone?.(data);
    },
    onError: (error) => {
      // A session that ended has its own dialog.
      if (!options.fields || (isProblem(error, 401) && useSession.getState().expired)) return;
      const sorted = isProblem(error)
        ? sortErrors(error, options.fields)
        : { fields: {}, rest: [describeError(error)] };
      setFieldErrors(sorted.fields);
      setErrors(sorted.rest);
    },
  });
  return {
    run: mutation.mutate,
    runAsync: mutation.mutateAsync,
    busy: mutation.isPending,
    data: mutation.data,
    fieldErrors,
    errors,
    clear,
    /** Forgets the answer and the errors. */
    reset: () => {
      clear();
      mutation.reset();
    },
  };
}
