import { expect, test } from "vitest";
import type { QualityRoute } from "../../api/types";
import { promiseOf, recallOf, ruleWords } from "./routing";

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
