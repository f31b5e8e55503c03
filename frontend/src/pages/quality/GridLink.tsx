import type { ReactNode } from "react";
import { TextLink } from "../../ui/links";
import { type GridSearch, parseGrid } from "../grid/search";

interface Props extends Pick<GridSearch, "class" | "predicted" | "annotator" | "attribute" | "answer"> {
  project: string;
  kind?: string | undefined;
  children: ReactNode;
}

/** The way to the crops of a class, a cell of the confusions, an answer, a kind of error or a person, side by side. */
export function GridLink({ project, kind, children, ...of }: Props) {
  const search = parseGrid({ ...of, kind });
  // A kind that the grid cannot be asked for, such as none.
  if (kind && !search.kind) return children;
  return (
    <TextLink to="/projects/$project/grid" params={{ project }} search={search}>
      {children}
    </TextLink>
  );
}
