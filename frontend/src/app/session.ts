import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { create } from "zustand";
import { api, onSessionExpired } from "../api/client";
import { keys } from "../api/keys";
import type { Me, OrganizationRole, ProjectRole } from "../api/types";
import { queryClient } from "./queryClient";

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => api.get<Me>("/me/", { signal }),
  staleTime: 60_000,
});

/** The person signed in. Only for pages inside the shell, which are not shown to anyone else. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;

export const signIn = async (email: string, password: string): Promise<Me> =>
  api.post<Me>("/auth/session/", { email, password }, { idempotencyKey: null });

export async function signOut(): Promise<void> {
  await api.del("/auth/session/", { idempotencyKey: null });
  // A fresh document: nothing of this person stays in memory.
  window.location.assign("/sign-in");
}

interface SessionState {
  expired: boolean;
  setExpired: (expired: boolean) => void;
}

/** Whether the session ended under an open page. The page stays as it is; a dialog asks to sign in again. */
export const useSession = create<SessionState>((set) => ({
  expired: false,
  setExpired: (expired) => set({ expired }),
}));

onSessionExpired(() => {
  if (queryClient.getQueryData(keys.me)) useSession.getState().setExpired(true);
});

const RANK: Record<OrganizationRole, number> = { member: 0, manager: 1, admin: 2, owner: 3 };

/** Whether the person may create ontologies, datasets, workflows and projects somewhere. */
export const mayCreate = (me: Me): boolean => me.organizations.some(({ role }) => RANK[role] >= RANK.manager);

/** Whether this role manages the members of an organization. */
export const managesMembers = (role: OrganizationRole): boolean => RANK[role] >= RANK.admin;

/** The roles that somebody of this role may invite others to; none for a plain member. */
export const mayInvite = (role: OrganizationRole): OrganizationRole[] =>
  RANK[role] < RANK.manager
    ? []
    : (Object.keys(RANK) as OrganizationRole[]).filter((other) => RANK[other] <= RANK[role]);

export const manages = (roles: readonly ProjectRole[]): boolean =>
  roles.some((role) => role === "admin" || role === "manager");

/** Whether the person sees every task of the project, not only those of their stages. */
export const seesAll = (roles: readonly ProjectRole[]): boolean => manages(roles) || roles.includes("viewer");

/** Whether the person judges labels in the project. */
export const judges = (roles: readonly ProjectRole[]): boolean =>
  manages(roles) || roles.some((role) => role === "reviewer" || role === "expert");
