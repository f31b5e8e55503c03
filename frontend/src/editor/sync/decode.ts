/** From the server's JSON to the editor's values: defaults filled in, classes by id, nothing trusted to be there that the contract does not promise. */
import { Vocabulary } from "../core/ontology";
import type { PastVerdict } from "../core/review";
import type { Answers, Attribute, DrawnKind, Label, ObjectClass, Ontology, Option, ShapeKind } from "../core/types";
import type { Draft, EditorTask, Issue, LabelChange, Remark, StageConfig } from "./port";

type Json = Readonly<Record<string, unknown>>;
const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string => (typeof v === "string" ? v : "");
const count = (v: unknown, otherwise = 0): number => (typeof v === "number" && Number.isFinite(v) ? v : otherwise);
const orNull = (v: unknown): string | null => (typeof v === "string" && v ? v : null);

/** People come as an object, an address or an id; the editor only shows them. */
const person = (v: unknown): string => text(v) || text(object(v).name) || text(object(v).email) || "";

/** Classes without a colour get one by their place, apart for the colour-blind too. */
const PALETTE = [
  "#4dabf7",
  "#ffa94d",
  "#69db7c",
  "#f783ac",
  "#ffd43b",
  "#b197fc",
  "#3bc9db",
  "#ff8787",
  "#c0eb75",
  "#e599f7",
];

function option(v: unknown): Option {
  const o = object(v),
    value = text(o.value);
  return {
    id: text(o.id) || value,
    value,
    attributes: list(o.attributes).map(attribute),
    archived: Boolean(o.archived ?? o.archived_at),
  };
}

function attribute(v: unknown): Attribute {
  const a = object(v),
    name = text(a.name),
    type = text(a.type) as Attribute["type"];
  return {
    id: text(a.id) || name,
    name,
    type,
    required: a.required === true,
    options: list(a.options).map(option),
    archived: Boolean(a.archived ?? a.archived_at),
  };
}

function objectClass(v: unknown, at: number): ObjectClass {
  const c = object(v),
    name = text(c.name),
    template = object(c.template);
  return {
    id: text(c.id) || name,
    name,
    shape: text(c.shape) as DrawnKind,
    color: text(c.color) || (PALETTE[at % PALETTE.length] as string),
    attributes: list(c.attributes).map(attribute),
    template: c.template
      ? {
          points: list(template.points).map(text),
          edges: list(template.edges) as readonly (readonly [number, number])[],
        }
      : null,
    archived: Boolean(c.archived ?? c.archived_at),
  };
}

export function decodeOntology(v: unknown): Ontology {
  const o = object(v);
  return { objects: list(o.objects).map(objectClass), classifications: list(o.classifications).map(attribute) };
}

/** Only what a save may carry, with the class by its id. */
export function decodeLabel(v: unknown, vocabulary: Vocabulary): Label {
  const l = object(v),
    shape = text(l.shape) as ShapeKind,
    ref = text(l.class);
  const id = shape === "classification" ? vocabulary.classification(ref)?.id : vocabulary.object(ref)?.id;
  const origin = object(l.origin);
  return {
    id: text(l.id),
    class: id ?? ref,
    shape,
    geometry: l.geometry ?? null,
    attributes: object(l.attributes) as Answers,
    ...(origin.kind
      ? {
          origin: {
            kind: origin.kind,
            model: orNull(origin.model),
            ...(origin.prompts ? { prompts: origin.prompts } : {}),
            edited: origin.edited === true,
          },
        }
      : {}),
  } as Label;
}

export const decodeLabels = (v: unknown, ontology: Ontology): Label[] => {
  const vocabulary = new Vocabulary(ontology);
  return list(v).map((l) => decodeLabel(l, vocabulary));
};

export function decodeChanges(v: unknown, ontology: Ontology): LabelChange[] {
  const vocabulary = new Vocabulary(ontology);
  const label = (l: unknown) => (l ? decodeLabel(l, vocabulary) : null);
  return list(object(v).changes).map((row) => {
    const c = object(row);
    return { id: text(c.id), before: label(c.before), after: label(c.after) };
  });
}

function config(v: unknown, stageType: string): StageConfig {
  const c = object(v);
  return {
    allowEdit: typeof c.allow_edit === "boolean" ? c.allow_edit : stageType !== "review",
    strict: c.strict === true,
    showEvidence: c.show_evidence === "after my verdict" ? "after my verdict" : "at once",
  };
}

export function decodeTask(v: unknown): EditorTask {
  const t = object(v),
    unit = object(t.data_unit),
    claim = t.claim ? object(t.claim) : null,
    stageType = text(t.stage_type);
  return {
    id: text(t.id),
    project: text(t.project) || text(object(t.project).id),
    stage: text(t.stage),
    stageTitle: text(t.stage_title) || text(t.stage),
    stageType,
    status: text(t.status),
    round: count(t.round, 1),
    unit: {
      id: text(unit.id),
      name: text(unit.name),
      width: count(unit.width, 1),
      height: count(unit.height, 1),
      mediaUrl: text(unit.media_url),
    },
    allowed: list(t.allowed_actions).map(text),
    claim: claim && {
      holder: text(claim.holder) || text(object(claim.holder).id),
      token: typeof claim.token === "number" ? claim.token : null,
      expiresAt: orNull(claim.expires_at),
    },
    config: config(t.stage_config, stageType),
    routeReason: t.route_reason ?? null,
    metrics: t.metrics ?? null,
    drawn: Array.isArray(t.drawn_labels) ? t.drawn_labels.map(text) : null,
  };
}

export function decodeVerdict(v: unknown): PastVerdict {
  const r = object(v);
  return {
    id: text(r.id),
    label: orNull(r.label),
    verdict: r.verdict === "rejected" ? "rejected" : "approved",
    kind: orNull(r.kind),
    reason: text(r.reason),
    comment: text(r.comment),
    round: count(r.round, 1),
    reviewer: text(r.reviewer_name) || person(r.reviewer),
    reviewerId: text(object(r.reviewer).id) || text(r.reviewer),
    implicit: r.implicit === true,
    source: text(r.source),
    geometry: r.geometry ?? null,
    class: orNull(r.class),
    superseded: r.superseded === true,
    mode: r.mode === "exhaustive" ? "exhaustive" : undefined,
  };
}

export const decodeRemark = (v: unknown): Remark => {
  const c = object(v);
  return {
    id: text(c.id),
    author: text(c.author_name) || person(c.author),
    text: text(c.text),
    at: text(c.created_at),
  };
};

export function decodeIssue(v: unknown): Issue {
  const i = object(v);
  return {
    id: text(i.id),
    x: typeof i.x === "number" ? i.x : null,
    y: typeof i.y === "number" ? i.y : null,
    label: orNull(i.label),
    text: text(i.text),
    author: text(i.author_name) || person(i.author),
    at: text(i.created_at),
    resolved: i.resolved === true,
    commentCount: count(i.comment_count),
  };
}

export function decodeDraft(v: unknown, ontology: Ontology): Draft {
  const d = object(v),
    delta = object(d.labels);
  return {
    id: text(d.id),
    at: text(d.created_at),
    delta: { upsert: decodeLabels(delta.upsert, ontology), delete: list(delta.delete).map(text) },
  };
}
