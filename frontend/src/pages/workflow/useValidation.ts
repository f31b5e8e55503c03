import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { validateGraph } from "../../api/workflows";
import { parseGraph } from "./graphText";

/** What the server says of the text as it stands, half a second after the last key. */
export function useValidation(text: string) {
  const [settled] = useDebouncedValue(text, 500);
  const parsed = parseGraph(settled);
  const report = useQuery({
    queryKey: ["workflows", "validate", settled],
    queryFn: ({ signal }) => validateGraph(parsed.graph, signal),
    enabled: parsed.graph !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: (before) => before,
  });
  return {
    report: parsed.graph ? report.data : undefined,
    checking: report.isFetching || settled !== text,
    error: report.error,
  };
}
