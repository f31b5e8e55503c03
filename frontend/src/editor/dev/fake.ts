/** An answerer in memory for the development page: it keeps the contract's rules that the editor leans on (revisions, 412, lost claims). */
import { newId } from "../core/ids";
import type { PastVerdict } from "../core/review";
import type { Label } from "../core/types";
import { type EditorTask, Failure, type Issue, type Remark, type TaskPort } from "../sync/port";
import { type AssistMood, fakeAssist } from "./fakeAssist";
import { fakeEvidence } from "./fakeEvidence";
import { benchOntology, photograph, polygons, smallLabels, smallOntology } from "./scene";

export interface FakeOptions {
  readonly stageType: string;
  readonly round: number;
  readonly count: number;
  readonly required: boolean;
  readonly assist?: AssistMood;
}

const WIDTH = 800,
  HEIGHT = 600;

/** What a page can do to the fake server from the console or a test: fail, lose the claim, write as somebody else. */
export interface Fake extends TaskPort {
  readonly log: string[];
  fault: Failure | null;
  mood: AssistMood;
  labelsNow(): readonly Label[];
  writeAsAnother(change: (labels: Label[]) => Label[]): void;
}

export async function makeFake(o: FakeOptions): Promise<Fake> {
  const url = URL.createObjectURL(await photograph(o.count ? 4000 : WIDTH, o.count ? 3000 : HEIGHT));
  const width = o.count ? 4000 : WIDTH,
    height = o.count ? 3000 : HEIGHT,
    ontology = o.count ? benchOntology : smallOntology;
  let labels: Label[] = o.count ? polygons(o.count) : smallLabels(width, height),
    revision = 1,
    made = 0;
  const remarks: Remark[] = [];
  const issues: Issue[] = [],
    log: string[] = [],
    said: PastVerdict[] = [];
  const first = labels[0]?.id ?? null,
    past = (round: number): PastVerdict => ({
      id: newId(),
      label: first,
      verdict: "rejected",
      kind: "badly_located",
      reason: "too loose",
      comment: "",
      round,
      reviewer: "rex",
      reviewerId: "rex",
      implicit: false,
      source: "explicit",
      geometry: null,
      class: null,
      superseded: false,
    });
  const task = (id: string): EditorTask => ({
    id,
    project: "p",
    stage: o.stageType,
    stageTitle: o.stageType,
    stageType: o.stageType,
    status: "claimed",
    round: o.round,
    allowed: ["submit", "skip", "release", "approve", "reject", "escalate"],
    unit: { id: "u", name: "BloodImage_00001.jpg", width, height, mediaUrl: url },
    claim: { holder: "ann", token: 1, expiresAt: null },
    config: { allowEdit: o.stageType !== "review", strict: false, showEvidence: "at once" },
    routeReason: o.stageType === "expert_review" ? { fact: "mistakenness", op: ">=", value: 0.7 } : null,
    metrics: o.stageType === "expert_review" ? { mistakenness: 0.83, labels: { [labels[1]?.id ?? ""]: 0.9 } } : null,
    drawn: null,
  });
  const guard = (name: string) => {
    log.push(name);
    if (fake.fault) throw fake.fault;
  };
  const moody = { mood: o.assist ?? ("classical" as AssistMood), log },
    assistant = fakeAssist(width, height, moody);
  const fake: Fake = {
    log,
    fault: null,
    get mood() {
      return moody.mood;
    },
    set mood(next) {
      moody.mood = next;
    },
    ...assistant,
    labelsNow: () => labels,
    writeAsAnother(change) {
      labels = change(labels);
      revision++;
    },
    person: async () => "ann",
    task: async (id) => task(id),
    ontology: async () => ontology,
    labels: async () => ({ revision, etag: `"${revision}"`, labels }),
    changes: async () => {
      const [one] = smallLabels(width, height);
      return one
        ? [{ id: one.id, before: { ...one, geometry: { x: 60, y: 40, width: 180, height: 150 } } as Label, after: one }]
        : [];
    },
    returnedAt: async () => (o.round > 1 ? 0 : null),
    async save(_task, delta, { etag }) {
      guard(`save +${delta.upsert.length} -${delta.delete.length}`);
      if (etag !== `"${revision}"`) throw new Failure("stale", "Somebody else saved.");
      const byId = new Map(labels.map((l) => [l.id, l]));
      for (const l of delta.upsert) byId.set(l.id, l);
      for (const id of delta.delete) byId.delete(id);
      labels = [...byId.values()];
      revision++;
      return { revision, etag: `"${revision}"` };
    },
    heartbeat: async () => guard("heartbeat"),
    claimNext: async () => (made++ < 3 ? task(`t${made + 1}`) : null),
    own: async () => [1, 2, 3].map((n) => ({ id: `t${n}`, stage: o.stageType, held: n === 1 })),
    act: async (_t, action) => guard(action),
    verdicts: async () => [...(o.round > 1 ? [past(o.round - 1)] : []), ...said],
    judge: async (_t, v) => {
      guard(`judge ${v.verdict} ${v.kind ?? ""}`);
      return v.id;
    },
    takeBack: async () => guard("take back"),
    evidence: async () => (o.stageType === "expert_review" ? fakeEvidence(labels) : {}),
    comments: async () => remarks,
    dropDraft: async () => undefined,
    issues: async () => [...issues],
    async openIssue(_t, i) {
      const issue: Issue = {
        id: newId(),
        author: "ann",
        at: new Date().toISOString(),
        resolved: false,
        commentCount: 0,
        ...i,
      };
      issues.push(issue);
      return issue;
    },
    async comment(_t, id, text) {
      remarks.push({ id: newId(), author: "ann", text, at: "" });
      const at = issues.findIndex((i) => i.id === id),
        issue = issues[at];
      if (issue) issues[at] = { ...issue, commentCount: issue.commentCount + 1 };
    },
    async setResolved(_t, id, resolved) {
      const at = issues.findIndex((i) => i.id === id),
        issue = issues[at];
      if (issue) issues[at] = { ...issue, resolved };
    },
    drafts: async () => [],
    upcoming: async () => [],
  };
  return fake;
}
