import { useMemo } from "react";
import { useCollaborators } from "../api/projects";
import type { ProjectRole } from "../api/types";
import { seesAll, useMe } from "./session";

/** Names by person id: everybody's for those who see all of the project, otherwise one's own. */
export function usePeople(id: string, roles: readonly ProjectRole[]): ReadonlyMap<string, string> {
  const me = useMe();
  const { data } = useCollaborators(id, seesAll(roles));
  return useMemo(() => {
    const people = [me, ...(data?.results ?? []).map(({ person, name, email }) => ({ id: person, name, email }))];
    return new Map(people.map(({ id: person, name, email }) => [person, name || email]));
  }, [me, data]);
}
