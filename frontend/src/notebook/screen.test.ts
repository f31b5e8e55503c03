import { expect, it } from "vitest";
import { choicesOf, itemsOf, schemeOf } from "./screen";

it("shows the kernel's rows as the grid's items", () => {
  const row = { row: 17, class: "cat", text: "p_error 0.93", x: 96, y: 0 };
  const [item] = itemsOf({ items: [row], tile: 96 }, "blob:a");
  expect(item).toMatchObject({ id: "17", class: "cat", atlas_url: "blob:a", x: 96, y: 0, size: 96 });
  expect(item?.evidence?.text).toBe("p_error 0.93");
  expect(itemsOf({ items: [{ ...row, text: "" }] }, null)[0]?.evidence).toBeNull();
  expect(itemsOf({}, null)).toEqual([]);
});

it("offers every class but the screen's own", () => {
  expect(choicesOf({ classes: ["cat", "dog", "cow"], class: "dog" })).toEqual(["cat", "cow"]);
  expect(choicesOf({ classes: ["cat"], class: null })).toEqual(["cat"]);
});

it("is light or dark as the notebook says", () => {
  const of = (body: Record<string, string>, root: Record<string, string> = {}, prefersDark = false) =>
    schemeOf({ body: (name) => body[name] ?? null, root: (name) => root[name] ?? null, prefersDark });
  expect(of({ "data-jp-theme-light": "false" })).toBe("dark");
  expect(of({ "data-jp-theme-light": "true" }, {}, true)).toBe("light");
  expect(of({ "data-vscode-theme-kind": "vscode-high-contrast" })).toBe("dark");
  expect(of({ "data-vscode-theme-kind": "vscode-light" }, {}, true)).toBe("light");
  expect(of({}, { theme: "dark" })).toBe("dark");
  expect(of({}, {}, true)).toBe("dark");
  expect(of({})).toBe("light");
});
