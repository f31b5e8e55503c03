import { expect, test } from "vitest";
import { farthest, gridWords, headline, stillNeeded } from "./certified";

const line = { certified: true, estimate: 0.021, low: 0.008, high: 0.043, n_needed: 120, rests_on: "" };

test("a certificate says the share with its interval", () => {
  expect(headline(line)).toBe("2.1 % (0.8 to 4.3) of the labels are still wrong");
  expect(headline({ certified: false, n_needed: 9, rests_on: "No looks." })).toBe("Not certified yet");
});

test("what is needed depends on the upper end, not on the middle", () => {
  expect(stillNeeded(line, 0.03)).toBe("For at most 3.0 %, about 120 tasks more have to be looked at at random.");
  expect(stillNeeded(line, 0.05)).toBe("That is within the target of 5.0 %.");
  expect(stillNeeded({ ...line, n_needed: 0 }, 0.01)).toBe("");
  expect(stillNeeded({ certified: false, n_needed: 1, rests_on: "" }, 0.05)).toContain("about 1 task more has");
});

test("the axis reaches the target and every upper end", () => {
  expect(farthest([line], 0.01)).toBe(0.043);
  expect(farthest([{ certified: false, n_needed: 9, rests_on: "" }], 0.01)).toBe(0.01);
});

test("the grid says what it found, or why it is not heard", () => {
  const ends = { estimate: 0.85, low: 0.7, high: 0.95 };
  const grid = {
    heard: true,
    reason: null,
    looks: 120,
    at_random: 60,
    marked: 9,
    sensitivity: { ...ends, hidden: 14, found: 12, needed: 10 },
    confirmed: { ...ends, checked: 5, true: 4 },
    drawn: 60,
    silent: 0,
    kinds: ["wrong_class"],
    not_shown: ["missing"],
  };
  expect(gridWords(grid)).toBe(
    "In the grid 120 labels were looked at, 60 at random, and 9 marked. They count: the grid finds 85 % (70 to 95) of " +
      "what is wrong (from 14 hidden errors), and 85 % (70 to 95) of its marks come true (5 checked).",
  );
  expect(gridWords({ ...grid, heard: false, reason: "Too few errors were hidden." })).toContain(
    "They do not count: Too few errors were hidden.",
  );
});
