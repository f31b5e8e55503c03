import type { ReactNode } from "react";
import { TextLink } from "../../ui/links";
import { parseGrid } from "../grid/search";

interface Props {
  project: string;
  class?: string;
  kind?: string;
  children: ReactNode;
}

/** The way to the crops of a class or of a kind of error, side by side. */
export function GridLink({ project, class: of, kind, children }: Props) {
  const search = parseGrid({ class: of, kind });
  // The grid shows labels: objects that nobody labeled are not among them.
  if (kind && !search.kind) return children;
  return (
    <TextLink to="/projects/$project/grid" params={{ project }} search={search}>
      {children}
    </TextLink>
  );
}
