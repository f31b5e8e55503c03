import { type ReactNode, useId } from "react";
import css from "./Editor.module.css";

export function Panel({
  title,
  aside,
  grow = false,
  children,
}: {
  title: string;
  aside?: ReactNode;
  grow?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={css.panel} data-grow={grow || undefined} aria-labelledby={id}>
      <header className={css.panelHead}>
        <h2 id={id} className={css.panelTitle}>
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
