import { describe, expect, it } from "vitest";
import { isFiltered, nextOrdering, parseFilters, toQuery } from "./filters";

describe("parseFilters", () => {
  it("keeps known filters and their known values", () => {
    const search = { stage: "review", status: "waiting", assignee: "0199", ordering: "-priority", page: 3 };
    expect(parseFilters(search)).toEqual({
      stage: "review",
      status: "waiting",
      assignee: "0199",
      ordering: "-priority",
    });
  });

  it("drops what the server would refuse", () => {
    expect(parseFilters({ stage: "", status: "lost", ordering: "name", assignee: 7 })).toEqual({});
  });
});

describe("toQuery", () => {
  it("adds the size of a page", () => {
    expect(toQuery({ status: "claimed" })).toEqual({ status: "claimed", limit: 100 });
  });
});

describe("isFiltered", () => {
  it("does not take an order for a filter", () => {
    expect(isFiltered({ ordering: "-id" })).toBe(false);
    expect(isFiltered({ stage: "review" })).toBe(true);
  });
});

describe("nextOrdering", () => {
  it("goes round", () => {
    expect(nextOrdering(undefined, "-priority", "id")).toBe("-priority");
    expect(nextOrdering("-priority", "-priority", "id")).toBe("id");
    expect(nextOrdering("id", "-priority", "id")).toBeUndefined();
  });
});
