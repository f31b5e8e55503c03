import { describe, expect, it } from "vitest";
import { box } from "../dev/fixtures";
import { random, smallLabels } from "../dev/scene";
import { compile, contains } from "./item";
import { Scene } from "./scene";
import type { DrawnLabel, Label } from "./types";

describe("a scene", () => {
  it("finds what lies under a point: thin things first, then the smallest, then an edge near by", () => {
    const scene = new Scene();
    scene.load([
      box("big", 0, 0, 200, 200),
      box("small", 50, 50, 40, 40),
      { id: "dot", class: "centre", shape: "keypoint", geometry: { x: 60, y: 60 }, attributes: {} },
    ]);
    expect(scene.hit(62, 61, 5)?.id).toBe("dot");
    expect(scene.hit(80, 80, 5)?.id).toBe("small");
    expect(scene.hit(150, 150, 5)?.id).toBe("big");
    expect(scene.hit(203, 100, 5)?.id).toBe("big");
    expect(scene.hit(230, 100, 5)).toBeNull();
    expect(scene.hit(62, 61, 5, (i) => i.id === "dot")?.id).toBe("small");
  });

  it("agrees with a plain search over everything, after any changes", () => {
    const r = random(21),
      scene = new Scene(),
      all = new Map<string, Label>();
    for (let i = 0; i < 600; i++) {
      const id = String(Math.floor(r() * 80)),
        after = r() < 0.3 ? null : box(id, Math.floor(r() * 300), Math.floor(r() * 300), 5 + r() * 60, 5 + r() * 60);
      scene.apply([{ id, after }]);
      if (after) all.set(id, after);
      else all.delete(id);
      const x = r() * 360,
        y = r() * 360;
      const under = [...all.values()]
        .map((l) => compile(l as DrawnLabel))
        .filter((item) => contains(item, x, y))
        .sort((a, b) => a.area - b.area);
      expect(scene.hit(x, y, 0)?.id).toBe(under[0]?.id);
    }
    expect(scene.size).toBe(all.size);
    expect(scene.list()).toBe(scene.list());
  });

  it("sees the pixels of a mask", () => {
    const scene = new Scene();
    scene.load(smallLabels(800, 600));
    expect(scene.hit(350, 450, 1)?.label.shape).toBe("bitmask");
    expect(scene.hit(303, 403, 1)).toBeNull();
  });

  it("tells what changed, once", () => {
    const scene = new Scene(),
      heard: unknown[] = [];
    scene.onChange((c) => heard.push(c));
    scene.apply([
      { id: "a", after: box("a", 0, 0, 5, 5) },
      { id: "b", after: box("b", 0, 0, 5, 5) },
    ]);
    expect(heard).toHaveLength(1);
  });
});
