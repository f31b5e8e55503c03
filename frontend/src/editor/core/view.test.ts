import { describe, expect, it } from "vitest";
import { fitted, sightOf, viewOf } from "./view";

const port = { width: 800, height: 600 };
const image = { width: 4000, height: 3000 };

describe("a sight", () => {
  it("of the same image is the same view", () => {
    const view = { x: -1200, y: -340, k: 1.5 },
      again = viewOf(sightOf(view, image, port), image, port);
    expect(again.k).toBe(1.5);
    expect([again.x, again.y].map(Math.round)).toEqual([-1200, -340]);
  });

  it("of another image looks at the same share of it, as large", () => {
    const middle = fitted({ minX: 0, minY: 0, maxX: 4000, maxY: 3000 }, port),
      other = { width: 2000, height: 1000 },
      view = viewOf(sightOf(middle, image, port), other, port);
    expect([view.x + 1000 * view.k, view.y + 500 * view.k].map(Math.round)).toEqual([400, 300]);
  });
});
