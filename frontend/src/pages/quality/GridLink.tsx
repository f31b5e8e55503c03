import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  project: string;
  class?: string;
  kind?: string;
  children: ReactNode;
}

/** The way to the crops of a class or of a kind of error, side by side. */
export function GridLink({ project, class: of, kind, children }: Props) {
  const query = new URLSearchParams({ ...(of && { class: of }), ...(kind && { kind }) }).toString();
  return (
    <Anchor size="sm" href={`/projects/${project}/grid${query && `?${query}`}`}>
      {children}
    </Anchor>
  );
}
