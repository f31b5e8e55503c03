// The shapes of API.md that the pages read. Times are RFC 3339 texts in UTC, ids are UUID texts.

export type OrganizationRole = "owner" | "admin" | "manager" | "member";
export type ProjectRole = "admin" | "manager" | "annotator" | "reviewer" | "expert" | "viewer" | "agent";
export type ColorScheme = "light" | "dark" | "auto";

export interface Person {
  id: string;
  name: string;
  email: string;
}

export interface Preferences {
  theme?: ColorScheme;
  keymap?: Record<string, string>;
}

export interface Me extends Person {
  is_admin?: boolean;
  preferences?: Preferences;
  organizations: { id: string; name: string; role: OrganizationRole }[];
  projects: { id: string; name: string; roles: ProjectRole[] }[];
}

export interface Member {
  person: Person;
  role: OrganizationRole;
  created_at: string;
}

export interface Invitation {
  id: string;
  email: string;
  role: OrganizationRole;
  project: string | null;
  roles: ProjectRole[];
  skills: string[];
  created_at: string;
  expires_at: string;
  accepted_at: string | null;
  /** Only in the answer that made it. */
  url?: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  project: string | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export type StageType =
  | "annotate"
  | "review"
  | "expert_review"
  | "consensus"
  | "router"
  | "agent"
  | "complete"
  | "archive";

export interface GraphStage {
  id: string;
  type: StageType;
  title: string;
  config: Record<string, unknown>;
}

export interface GraphPathway {
  from: string;
  outcome: string;
  to: string;
}

export interface Graph {
  stages: GraphStage[];
  pathways: GraphPathway[];
  start: string;
}

export interface GraphProblem {
  code: string;
  stage: string | null;
  detail: string;
}

export interface GraphReport {
  errors: GraphProblem[];
  warnings: GraphProblem[];
}

export interface Workflow {
  id: string;
  name: string;
  version?: number;
  graph?: Graph;
  created_at?: string;
}

export interface WorkflowTemplate {
  id: string;
  name: string;
  description?: string;
  graph: Graph;
}

/** Per stage, what publishing a changed graph does to the tasks standing in it. `later`: they are held and move when they close. */
export interface PublishPlan {
  stages: Record<string, { keep: number; move: number; blocked: number; later: number }>;
  problems: GraphProblem[];
  ok: boolean;
}

export interface Project {
  id: string;
  name: string;
  ontology: string;
  workflow: string;
  datasets: string[];
  archived_at: string | null;
  my_roles: ProjectRole[];
  progress: { total: number; complete: number; archived: number };
}

export interface StageCount {
  id: string;
  type: StageType;
  title: string;
  waiting: number;
  claimed: number;
  oldest_waiting_at: string | null;
  nobody_eligible?: number;
}

export interface StageCounts {
  stages: StageCount[];
  complete: number;
  archived: number;
}

export interface Collaborator {
  /** The person's id. */
  person: string;
  name: string;
  email: string;
  roles: ProjectRole[];
  skills: string[];
  /** Whether the account can sign in. */
  active: boolean;
}

export type TaskStatus = "waiting" | "claimed" | "routing" | "complete" | "archived";

export interface TaskUnit {
  id: string;
  name: string;
  width: number;
  height: number;
  media_url: string;
  thumbnail_url: string;
}

/** `token` is told to the holder only. */
export interface Claim {
  holder: string;
  token: number | null;
  expires_at: string;
}

export interface Task {
  id: string;
  project: string;
  data_unit: TaskUnit;
  stage: string;
  stage_type: StageType;
  stage_title: string;
  status: TaskStatus;
  /** A person's id. */
  assignee: string | null;
  priority: number;
  round: number;
  label_revision: number;
  updated_at: string;
  allowed_actions: string[];
  /** Why a waiting task is kept for its assignee: returned or assigned. */
  reserved?: string | null;
  claim?: Claim;
  resumed?: boolean;
  route_reason?: unknown;
}

/** A task of one's own work: what was done to it, and what others said of it. */
export interface MyTask extends Task {
  project_name: string;
  verdicts: TaskVerdict[];
  my_stage?: string;
  my_outcome?: string;
  acted_at?: string;
}

export interface TaskVerdict {
  id: string;
  label: string | null;
  verdict: "approved" | "rejected";
  kind: string | null;
  reason: string;
  comment: string;
  round: number;
  created_at: string;
}

export interface TaskEvent {
  sequence: number;
  action: string;
  actor: string | null;
  actor_name: string | null;
  stage: string | null;
  from_stage: string | null;
  to_stage: string | null;
  outcome: string | null;
  reason: string | null;
  label_revision: number;
  workflow_version: string;
  at: string;
}

export interface Draft {
  id: string;
  base_revision: number | null;
  claim_token: number | null;
  labels: { upsert?: unknown[]; delete?: string[] };
  created_at: string;
}

export interface InboxEntry {
  id: number;
  kind: string;
  task: string | null;
  task_name: string | null;
  project: string | null;
  actor: string | null;
  actor_name: string | null;
  text: string;
  created_at: string;
  read_at: string | null;
}

export interface BulkItem {
  id: string;
  status: "done" | "refused" | "would_do";
  error?: { code?: string; detail?: string; title?: string };
}

export interface BulkAnswer {
  results: BulkItem[];
}

export type Shape =
  | "bounding_box"
  | "rotatable_bounding_box"
  | "polygon"
  | "polyline"
  | "keypoint"
  | "skeleton"
  | "bitmask";

export type AttributeType = "radio" | "checklist" | "text" | "number" | "boolean";

export interface OntologyOption {
  id?: string;
  value: string;
  archived?: boolean;
  attributes?: OntologyAttribute[];
}

export interface OntologyAttribute {
  id?: string;
  name: string;
  type: AttributeType;
  required?: boolean;
  archived?: boolean;
  options?: OntologyOption[];
}

export interface OntologyClass {
  id?: string;
  name: string;
  shape: Shape;
  color?: string | null;
  skill?: string | null;
  archived?: boolean;
  template?: { points: string[]; edges: [number, number][] } | null;
  attributes?: OntologyAttribute[];
}

export interface OntologyBody {
  name: string;
  objects: OntologyClass[];
  classifications: OntologyAttribute[];
}

export interface Ontology extends OntologyBody {
  id: string;
  version?: number;
  archived_at?: string | null;
  created_at?: string;
  updated_at?: string;
}

export interface Dataset {
  id: string;
  name: string;
  created_at?: string;
  data_units?: number;
}

export interface DataUnit {
  id: string;
  name: string;
  width: number;
  height: number;
  sha256: string;
  media_url: string;
  thumbnail_url: string;
  metadata: Record<string, unknown>;
  existing?: boolean;
}

export interface UploadError {
  name: string;
  code: string;
  detail: string;
}

export interface UploadAnswer {
  created: DataUnit[];
  errors: UploadError[];
}

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface Job {
  id: string;
  kind: string;
  state: JobState;
  progress: number;
  detail: string;
  result: Record<string, unknown> | null;
  error: {
    title?: string;
    detail?: string;
    code?: string;
    errors?: { pointer: string; code: string; detail: string }[];
  } | null;
  created_at?: string;
  finished_at?: string | null;
}
