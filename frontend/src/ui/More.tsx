import { Button, Center } from "@mantine/core";
import { useEffect, useRef } from "react";
import { t } from "../app/t";

interface Props {
  hasMore: boolean;
  loading: boolean;
  load: () => unknown;
}

/** The end of a keyset-paged list: reads the next page when it comes into view, or when the button is pressed. */
export function More({ hasMore, loading, load }: Props) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (!hasMore || loading || !end.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), {
      rootMargin: "400px",
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, loading]);
  if (!hasMore) return null;
  return (
    <Center ref={end} py="sm">
      <Button variant="default" loading={loading} onClick={() => load()}>
        {t("common.more")}
      </Button>
    </Center>
  );
}
