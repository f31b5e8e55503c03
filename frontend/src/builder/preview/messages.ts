import { createT } from "../../app/t";

/** The words beside routers that decide on scores. */
const messages = {
  title: "What the routers would have done",
  project: "Tried on the tasks of",
  wouldHave: "This would have sent, of the last {count} scored {count|task|tasks}:",
  laneOf: "{tasks} of {of}",
  leadsTo: "{outcome} → {stage}",
  nowhere: "no branch",
  waits: "waits for {fact}",
  none: "No project with this workflow has scored tasks yet, so nothing can be told of its routers.",
  noneHere: "No task of this project is scored as its labels are now.",
  faulty: "Put the router right to see what it would do.",
} as const;

export const say = createT(messages);
