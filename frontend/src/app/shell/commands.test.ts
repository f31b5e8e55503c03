import { describe, expect, it } from "vitest";
import { type Command, filterCommands } from "./commands";

const command = (label: string): Command => ({ id: label, label, group: "", icon: "folder", run: () => undefined });
const all = ["My queue", "Inbox", "Blood cells", "Sign out", "Queue of cells"].map(command);
const labels = (query: string) => filterCommands(all, query).map(({ label }) => label);

describe("filterCommands", () => {
  it("offers everything before anything is typed", () => {
    expect(labels("")).toHaveLength(5);
  });

  it("finds words in any order and puts beginnings first", () => {
    expect(labels("queue")).toEqual(["Queue of cells", "My queue"]);
    expect(labels("cells blood")).toEqual(["Blood cells"]);
    expect(labels("nothing")).toEqual([]);
  });
});
