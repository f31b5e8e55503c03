/** One thing that a change of an ontology does, with the labels it touches. */
export interface PlanChange {
  action: "added" | "renamed" | "archived" | "restored" | "removed" | "changed" | "required";
  kind: "class" | "classification" | "attribute" | "option";
  id: string;
  name: string;
  /** The new name of what is renamed. */
  to: string | null;
  labels: number;
  blocked: boolean;
}

export interface OntologyPlan {
  version: number;
  changes: PlanChange[];
  steps: Record<string, unknown>[];
  /** Saving would be refused. */
  blocked: boolean;
  /** Saving rewrites labels, as a job. */
  job: boolean;
}
