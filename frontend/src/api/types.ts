// The shapes that the pages read: the server's own, named as DESIGN names them, and said more narrowly where the
// OpenAPI document is wide (a graph and an ontology are free-form JSON to it).
import type { components } from "./schema";

type Schema<K extends keyof components["schemas"]> = components["schemas"][K];
type Narrow<T, N> = Omit<T, keyof N> & N;

export type OrganizationRole = "owner" | "admin" | "manager" | "member";
export type ProjectRole = "admin" | "manager" | "annotator" | "reviewer" | "expert" | "viewer" | "agent";
export type ColorScheme = "light" | "dark" | "auto";

export type Person = Schema<"AccountsPersonAnswer">;

export interface Preferences {
  theme?: ColorScheme;
  keymap?: Record<string, string>;
}

export type Me = Narrow<
  Schema<"AccountsMeAnswer">,
  { preferences: Preferences; projects: { id: string; name: string; roles: ProjectRole[] }[] }
>;
export type Member = Schema<"AccountsMemberAnswer">;
export type Invitation = Narrow<Schema<"AccountsInvitationAnswer">, { roles: ProjectRole[] }>;
/** The answer that makes an invitation, with the address that is shown only then. */
export type NewInvitation = Invitation & { url: string };
export type ApiKey = Schema<"AccountsKeyAnswer">;
export type NewApiKey = Schema<"AccountsNewKeyAnswer">;

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

export type GraphProblem = Schema<"FlowsProblemItem">;
export type GraphReport = Schema<"FlowsValidationAnswer">;
export type Workflow = Schema<"FlowsWorkflowAnswer">;
export type WorkflowTemplate = Narrow<Schema<"FlowsTemplateItem">, { graph: Graph }>;
export type ProjectGraph = Narrow<Schema<"ProjectsProjectGraphAnswer">, { graph: Graph }>;
export type Published = Schema<"ProjectsPublishedAnswer">;
/** Per stage, what publishing a changed graph does to its tasks. `later`: they are held and move when they close. */
export type PublishPlan = Narrow<Schema<"ProjectsPlanAnswer">, { problems: GraphProblem[] }>;

export type Project = Narrow<Schema<"ProjectsProjectAnswer">, { my_roles: ProjectRole[] }>;
export type ProjectStarted = Schema<"ProjectsProjectStarted">;
/** `person` is an id; `active`: the account can sign in. */
export type Collaborator = Narrow<Schema<"ProjectsCollaboratorAnswer">, { roles: ProjectRole[] }>;
export type StageCount = Narrow<Schema<"TasksStageAnswer">, { type: StageType }>;
export type StageCounts = Narrow<Schema<"TasksStagesAnswer">, { stages: StageCount[] }>;

export type TaskUnit = Schema<"TasksUnitAnswer">;
/** `token` is told to the holder only. */
export type Claim = Schema<"TasksClaimAnswer">;
/** `assignee` is a person's id; `reserved` says why a waiting task is kept for them. */
export type Task = Narrow<Schema<"TasksTaskAnswer">, { stage_type: StageType }>;
export type TaskStatus = Task["status"];

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

/** A task of one's own work: what was done to it, and what others said of it. */
export interface MyTask extends Task {
  project_name: string;
  verdicts: TaskVerdict[];
  my_stage?: string;
  my_outcome?: string;
  acted_at?: string;
}

export type TaskEvent = Schema<"TasksHistoryRow">;
export type Draft = Narrow<Schema<"TasksDraftAnswer">, { labels: { upsert?: unknown[]; delete?: string[] } }>;

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

interface ItemError {
  code?: string;
  detail?: string;
  title?: string;
}

export type BulkItem = Narrow<Schema<"TasksBulkItem">, { status: "done" | "refused" | "would_do"; error?: ItemError }>;
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
  skill?: string | null;
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
  /** What a change does with the labels there are, by names or ids. */
  merge?: { from: string; into: string }[];
  split?: { class: string; attribute: string; into: Record<string, string> }[];
  fill?: { class: string; attribute: string; value: unknown }[];
}

export type Ontology = Narrow<Schema<"OntologiesOntologyAnswer">, OntologyBody>;
export type OntologyPlan = Schema<"OntologiesPlanAnswer">;
/** The answer when labels have to be rewritten: the change stands, a job does the rest. */
export type OntologyChangeStarted = Schema<"OntologiesChangeStarted">;

export type Dataset = Schema<"DatasetsDatasetAnswer">;
export type DataUnit = Schema<"DatasetsUnitAnswer">;
export type UploadError = Schema<"DatasetsFileErrorAnswer">;
export type UploadAnswer = Schema<"DatasetsAddedAnswer">;

export type Job = Narrow<Schema<"JobsJobAnswer">, { error: ItemError | null }>;
export type JobState = Job["state"];

export type ModelVersion = Schema<"InferenceModelAnswer">;
/** `model` is what the project chose: an id, "classical", or null for the instance's default. `answers` is the model
 * that clicks get; null when that is the classical one. */
export type Assistant = Schema<"InferenceAssistantAnswer">;
export type PredictionModel = Schema<"InferencePredictionModelAnswer">;

/** COCO run lengths of the whole image; `size` is height, width. */
export type RleMask = Narrow<Schema<"TasksAssistBitmask">, { size: [number, number] }>;
export type CurvePoint = Schema<"TasksFinetunePoint">;
/** A paired gain: its mean, and the bootstrap's 5 % and 95 % points. */
export type Interval = Schema<"TasksFinetuneGain">;
export type ClassGain = Schema<"TasksFinetuneClass">;
/** One held-out object: what is there, and the masks of the base and of the tuned model. */
export type FinetuneExample = Narrow<
  Schema<"TasksFinetuneExample">,
  { bbox: [number, number, number, number]; truth: RleMask; before: RleMask; after: RleMask }
>;
/** A tuning; its id is its job's. `model` is the version that came of it, when it was accepted. */
export type FinetuneRow = Schema<"TasksFinetuneRow">;
export type Finetune = Narrow<
  Schema<"TasksFinetuneAnswer">,
  { state: Narrow<Schema<"TasksFinetuneFull">, { examples: FinetuneExample[] }> }
>;

export type QualityCalibration = Schema<"QualityCalibrationAnswer">;
export type QualityTarget = Schema<"QualityTargetAnswer">;
export type QualityBin = Schema<"QualityBinAnswer">;
export type QualityPoint = Schema<"QualityPointAnswer">;
export type QualityPerson = Schema<"QualityPersonAnswer">;
export type QualityShare = Schema<"QualityShareAnswer">;
export type QualitySummary = Schema<"QualitySummaryAnswer">;
export type QualityRun = Schema<"QualityRunAnswer">;
export type QualityLabel = Schema<"QualityLabelScoreAnswer">;
export type QualityTaskScore = Schema<"QualityTaskScoreAnswer">;
export type QualityRoute = Schema<"QualityRouteAnswer">;
export type QualityRouteRun = Schema<"QualityRouteRunAnswer">;
export type QualityPreview = Schema<"QualityPreviewAnswer">;
export type QualityPreviewProject = Schema<"QualityPreviewProjectAnswer">;
export type QualityPolicy = Schema<"QualityPolicyAnswer">;
export type QualityLine = Schema<"QualityLineAnswer">;
/** `corrected` takes the experts' own errors out, which `repeats` (labels judged twice, blind) tell. */
export type QualityCertificate = Narrow<
  Schema<"QualityDocumentAnswer">,
  {
    corrected: { estimate: number; low: number; high: number; expert_error: number; n_repeated: number } | null;
    repeats: { labels: number; agreed: number; n_needed: number; expert_error: number | null };
  }
>;
export type QualityIssued = Schema<"QualityIssuedAnswer"> &
  Record<"estimate" | "low" | "high", number | null | undefined>;
export type QualityAudit = Schema<"QualityAuditAnswer">;
export type QualitySettings = Schema<"QualitySettingsAnswer">;
export type QualityEvaluation = Narrow<
  Schema<"QualityEvaluationAnswer">,
  { model: { id: string; name: string; version: string }; coco: { mean: Record<string, number | null> } }
>;
export type QualityMatch = Narrow<Schema<"QualityMatchAnswer">, { data_unit: { id: string; name: string } | null }>;
export type QualityFigures = Schema<"QualityGridFiguresAnswer">;
export type QualityInstrument = Schema<"QualityInstrumentAnswer">;
export type Snapshot = Schema<"TasksSnapshotAnswer">;
export type QualityCuration = Schema<"QualityCurationAnswer">;
export type QualityGroup = Schema<"QualityGroupAnswer">;
export type QualityMember = QualityGroup["members"][number];
export type QualityAlike = Schema<"QualityAlikeAnswer">;
