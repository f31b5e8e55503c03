import { useEffect, useRef, useState } from "react";

/**
 * Which ends of an area have been in view since `key` changed. The grid knows how far itself was scrolled; but a
 * notebook scrolls too, and what lies beyond its edge has been seen by nobody.
 */
export function useEnds(key: number) {
  const top = useRef<HTMLDivElement>(null);
  const bottom = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ key, top: false, bottom: false });
  useEffect(() => {
    setSeen({ key, top: false, bottom: false });
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        setSeen((before) => ({ ...before, [target === top.current ? "top" : "bottom"]: true }));
      }
    });
    if (top.current) watcher.observe(top.current);
    if (bottom.current) watcher.observe(bottom.current);
    return () => watcher.disconnect();
  }, [key]);
  const now = seen.key === key ? seen : { top: false, bottom: false };
  return {
    top,
    bottom,
    both: now.top && now.bottom,
    /** Brings the end that has not been in view there. */
    follow: () => (now.bottom ? top : bottom).current?.scrollIntoView({ block: "nearest" }),
  };
}
