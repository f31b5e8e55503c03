import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, isProblem } from "../../api/client";
import { keys } from "../../api/keys";
import type { Ontology, OntologyChangeStarted, OntologyPlan } from "../../api/types";
import { pointerToPath } from "../../app/errors";
import { t } from "../../app/t";
import { useAction } from "../../ui/useAction";
import { type DraftOntology, problemsByKey, toBody, toDraft } from "./draft";
import { rebase } from "./rebase";

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
  const query = useQuery({
    queryKey: keys.ontology(id),
    queryFn: ({ signal }) => load(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [edited, setEdited] = useState<DraftOntology | null>(null);
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [conflict, setConflict] = useState(false);
  const [both, setBoth] = useState<string[]>([]);
  const [job, setJob] = useState<string | null>(null);
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
  const setDraft = (next: DraftOntology | null) => {
    setEdited(next);
    plan.reset();
  };
  const save = useAction(
    () =>
      attempt((body, ifMatch) =>
        api.send<Ontology | OntologyChangeStarted>("PATCH", `/ontologies/${id}/`, { body: toBody(body), ifMatch }),
      ),
    {
      fields: [],
      forget: [keys.ontologies],
      done: t("common.saved"),
      onDone: ({ data }) => {
        if ("job" in data) setJob(data.job);
        setDraft(null);
        setBoth([]);
      },
    },
  );
  /** Takes the newer version from the server and drops one's own changes. */
  const takeTheirs = async () => {
    await query.refetch();
    setConflict(false);
    setDraft(null);
    save.reset();
    setBoth([]);
  };
  /** Puts one's own changes on top of the newer version, to be looked at and saved. */
  const bringOver = async () => {
    const before = query.data?.ontology;
    const { data: now } = await query.refetch();
    if (!before || !draft || !now) return;
    const { draft: next, both: changed } = rebase(before, draft, now.ontology);
    setConflict(false);
    setDraft(next);
    setBoth(changed);
    save.reset();
  };
  return {
    query,
    draft,
    setDraft,
    dirty: edited !== null,
    problems,
    plan,
    save,
    conflict,
    setConflict,
    takeTheirs,
    bringOver,
    both,
    job,
  };
}
