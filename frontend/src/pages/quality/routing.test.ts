import { expect, test } from "vitest";
import { routeBody } from "../../api/quality";
import type { QualityRoute } from "../../api/types";
import { budgetOf, narrowWords, promiseOf, recallOf, ruleWords, skillsOf } from "./routing";

const answer = {
  selected: 2,
  of: 60,
  expected_errors: 1.84,
  seconds: 130,
  recall: { known: false, audit_errors: 3, needed: 20 },
} as QualityRoute;

test("a routing says what it would do before it does it", () => {
  expect(promiseOf(answer)).toBe(
    "This would send 2 of 60 tasks in question: about 1.8 errors, about 2 min of an expert's time.",
  );
});

test("recall comes with its interval, or with why it is not known", () => {
  expect(recallOf(answer)).toContain("found 3 of the 20 errors");
  const known = { known: true, audit_errors: 30, needed: 20, estimate: 0.85, low: 0.6, high: 0.97 };
  expect(recallOf({ ...answer, recall: known })).toContain("85 % (60 to 97)");
});

test("every rule of an earlier routing has words", () => {
  const words = (name: string, value: number) =>
    ruleWords({ rule: { name, value, person: null, skill: "", per_day: false } });
  expect(words("threshold", 0.5)).toBe("from 0.5");
  expect(words("top", 50)).toBe("first 50");
  expect(words("target_recall", 0.8)).toBe("80 % of errors");
  expect(words("budget", 1500)).toBe("25 min of time");
  expect(words("policy", 3600)).toBe("standing order, 60 min");
});

test("an earlier routing says what it was narrowed to", () => {
  const plain = { name: "budget", value: 60, person: null, skill: "", per_day: false };
  expect(narrowWords({ rule: plain, filter: {} }, new Map())).toBe("");
  const rule = { ...plain, person: "7", skill: "blood", per_day: true };
  const filter = { class: "RBC", kind: "wrong_class", stage: "review" };
  expect(narrowWords({ rule, filter }, new Map([["7", "Eve"]]))).toBe(
    "a day, of Eve, for blood, RBC, wrong class, waiting at review",
  );
});

test("what a budget went on is said where it went on something", () => {
  const budget = { seconds: 3600, left: 3000, audits: 0, spent_today: 0 };
  expect(budgetOf(budget)).toBe("50 min are left to spend.");
  expect(budgetOf({ ...budget, audits: 180, spent_today: 420 })).toBe(
    "50 min are left to spend. Audits take 3 min first. 7 min were spent today.",
  );
});

test("skills are asked for by classes and by their questions", () => {
  const question = { name: "kind", type: "boolean" as const };
  const cell = { name: "cell", shape: "bounding_box" as const, questions: [{ ...question, skill: "blood" }, question] };
  expect(
    skillsOf([
      { ...cell, skill: "histology" },
      { ...cell, skill: null },
    ]),
  ).toEqual(["blood", "histology"]);
  expect(skillsOf([])).toEqual([]);
});

test("an order is sent with what narrows it, and with no empty words", () => {
  const order = { rule: "budget" as const, value: 600, stage: "expert", filter: { class: "RBC", kind: undefined } };
  expect(routeBody({ ...order, budget: { person: "7", skill: undefined, per_day: false } })).toEqual({
    metric: "mistakenness",
    to_stage: "expert",
    budget: { seconds: 600, person: "7" },
    filter: { class: "RBC" },
  });
  expect(routeBody({ rule: "top", value: 5, stage: "review" })).toMatchObject({ top: 5, filter: {} });
});
