import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Job, Project, ProjectStarted } from "../../api/types";
import { queryClient } from "../../app/queryClient";
import { useAction } from "../../ui/useAction";

export interface ProjectDraft {
  name: string;
  ontology: string;
  workflow: string;
  datasets: string[];
}

export interface StepProps {
  draft: ProjectDraft;
  change: (part: Partial<ProjectDraft>) => void;
}

/** A small project is there at once (201), a large one comes from a job (202). */
type Made = Project | ProjectStarted;

export function useNewProject() {
  const navigate = useNavigate();
  const [draft, setDraft] = useState<ProjectDraft>({ name: "", ontology: "", workflow: "", datasets: [] });
  const [jobId, setJobId] = useState<string | null>(null);
  const open = (project: string) => {
    void queryClient.invalidateQueries({ queryKey: keys.projects });
    void queryClient.invalidateQueries({ queryKey: keys.me });
    void navigate({ to: "/projects/$project", params: { project } });
  };
  const create = useAction(
    () =>
      api.post<Made>("/projects/", {
        ...draft,
        name: draft.name.trim(),
        tasks: draft.datasets.length > 0 ? "all" : "none",
      }),
    {
      fields: ["name"],
      onDone: (made) => {
        if ("job" in made) setJobId(made.job);
        else open(made.id);
      },
    },
  );
  const finished = (job: Job) => {
    const id = job.result?.id;
    if (typeof id === "string") open(id);
  };
  return {
    draft,
    change: (part: Partial<ProjectDraft>) => setDraft((old) => ({ ...old, ...part })),
    create,
    jobId,
    finished,
  };
}
