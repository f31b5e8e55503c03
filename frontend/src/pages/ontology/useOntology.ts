import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, isProblem } from "../../api/client";
import { keys } from "../../api/keys";
import type { Ontology } from "../../api/types";
import { describeError, pointerToPath } from "../../app/errors";
import { t } from "../../app/t";
import { useAction } from "../../ui/useAction";
import { type DraftOntology, problemsByKey, toBody, toDraft } from "./draft";
import type { OntologyPlan } from "./plan";

interface Loaded {
  ontology: Ontology;
  etag: string;
}

const load = async (id: string, signal?: AbortSignal): Promise<Loaded> => {
  const { data, etag } = await api.send<Ontology>("GET", `/ontologies/${id}/`, { signal });
  return { ontology: data, etag: etag ?? "" };
};

/** An ontology under edit: its draft, what the server refuses of it, the plan of the change, and saving it. */
export function useOntology(id: string) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keys.ontology(id),
    queryFn: ({ signal }) => load(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [edited, setEdited] = useState<DraftOntology | null>(null);
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [conflict, setConflict] = useState(false);
  const draft = edited ?? (query.data ? toDraft(query.data.ontology) : null);

  const sort = (error: unknown) => {
    if (isProblem(error, 412)) setConflict(true);
    if (!isProblem(error) || !draft) return;
    setProblems(
      problemsByKey(
        draft,
        error.errors.map(({ pointer, detail }) => ({ path: pointerToPath(pointer), detail })),
      ),
    );
  };
  const attempt = async <T>(run: (body: DraftOntology, etag: string) => Promise<T>): Promise<T> => {
    setProblems(new Map());
    if (!draft || !query.data) throw new Error(t("error.unknown"));
    try {
      return await run(draft, query.data.etag);
    } catch (error) {
      sort(error);
      throw error;
    }
  };
  const plan = useAction(
    () => attempt((body) => api.post<OntologyPlan>(`/ontologies/${id}/plan/`, toBody(body), { idempotencyKey: null })),
    { fields: [] },
  );
  const save = useAction(
    () =>
      attempt((body, ifMatch) => api.send<Ontology>("PATCH", `/ontologies/${id}/`, { body: toBody(body), ifMatch })),
    {
      fields: [],
      done: t("common.saved"),
      onDone: ({ data, etag }) => {
        client.setQueryData<Loaded>(keys.ontology(id), { ontology: data, etag: etag ?? "" });
        void client.invalidateQueries({ queryKey: keys.ontologies, exact: true });
        setEdited(null);
        plan.clear();
      },
    },
  );
  /** Takes the newer version from the server and drops one's own changes. */
  const takeTheirs = async () => {
    setConflict(false);
    setEdited(null);
    await query.refetch();
  };
  return {
    query,
    draft,
    setDraft: setEdited,
    dirty: edited !== null,
    problems,
    plan,
    save,
    conflict,
    setConflict,
    takeTheirs,
    describeError,
  };
}
