/** What a change of an ontology would touch. */
export interface PlanChange {
  action?: string;
  kind?: string;
  what?: string;
  id?: string;
  name?: string;
  path?: string;
  labels?: number;
  tasks?: number;
  count?: number;
  detail?: string;
  allowed?: boolean;
}

export interface OntologyPlan {
  changes?: PlanChange[];
  version?: number;
}
