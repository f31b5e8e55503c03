import { expect, it } from "vitest";
import { type DailyBudget, nextBudget, ownerOf, withOwner } from "./policy";

const common: DailyBudget = { person: null, skill: null, seconds_per_day: 600 };

it("gives a budget to a person, a skill or anybody, never to two at once", () => {
  const skilled = withOwner(common, "skill:blood: white");
  expect(skilled).toEqual({ person: null, skill: "blood: white", seconds_per_day: 600 });
  expect(withOwner(skilled, "person:eve")).toEqual({ person: "eve", skill: null, seconds_per_day: 600 });
  expect(withOwner(skilled, "")).toEqual(common);
  for (const owner of ["", "person:eve", "skill:blood: white"]) expect(ownerOf(withOwner(common, owner))).toBe(owner);
});

it("adds a budget for who has none, and none where all have one", () => {
  const owners = ["", "person:eve", "skill:blood"];
  expect(nextBudget([common], owners)).toMatchObject({ person: "eve", skill: null });
  expect(nextBudget([], owners)).toMatchObject({ person: null, skill: null });
  expect(nextBudget([common, withOwner(common, "person:eve")], owners)).toMatchObject({ skill: "blood" });
  expect(
    nextBudget(
      owners.map((owner) => withOwner(common, owner)),
      owners,
    ),
  ).toBeUndefined();
});
