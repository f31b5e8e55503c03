import { describe, expect, it } from "vitest";
import { readReport } from "./report";

describe("readReport", () => {
  it("finds the file of an export", () => {
    expect(readReport({ url: "/media/x.zip", labels: 12 })).toEqual({
      url: "/media/x.zip",
      figures: [["labels", 12]],
      items: [],
    });
  });

  it("names each item that was not carried, and why", () => {
    const { items, figures } = readReport({
      labels_created: 4886,
      not_carried_count: 2,
      not_carried: [{ name: "a.xml", label: "Platelets", code: "zero_size", detail: "The box has no width." }, "b.xml"],
    });
    expect(figures).toEqual([["labels created", 4886]]);
    expect(items).toEqual([
      { what: "a.xml Platelets", why: "The box has no width." },
      { what: "b.xml", why: "" },
    ]);
  });

  it("takes no result for an empty one", () => {
    expect(readReport(null)).toEqual({ url: null, figures: [], items: [] });
  });
});
