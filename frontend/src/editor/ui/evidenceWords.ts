import { createT } from "../../app/t";

/** The words of the panels of evidence, which come on their own. */
const words = {
  evidence: "Evidence",
  justJudged: "Evidence on {name}, just judged",
  uncalibrated: "uncalibrated",
  uncalibratedHint: "Too few verdicts so far to check this figure against: take it as an order, not as a chance.",
  model: "Model: {name}",
  take: "Take it",
  near: "Most alike",
  mayBeMissing: "May be missing",
  at: "{at} of {of}",
  look: "Look at {count} {count|object|objects}",
  nothingThere: "Nothing there",
  report: "Report",
  add: "Add it",
  next: "Next",
  whyHere: "Why this task came",
} as const;

export const t = createT(words);
