import type { ReactNode } from "react";

/** A table that may be wider than its place: it scrolls by itself, also with the keyboard. */
export function Wide({ label, least, children }: { label: string; least: number; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard.
    <section aria-label={label} tabIndex={0} style={{ maxWidth: "100%", overflowX: "auto" }}>
      <div style={{ minWidth: least }}>{children}</div>
    </section>
  );
}
