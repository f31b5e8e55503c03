import { describe, expect, it } from "vitest";
import { Clock } from "./clock";
import { columnsIn, fitted, moved, rowsIn, screenful, tileFor } from "./layout";
import { between, NONE, painted, toggled, toSend } from "./marks";

describe("marks", () => {
  it("go on and off, and change class", () => {
    const flagged = toggled(NONE, "a");
    expect(toSend(flagged)).toEqual([{ item: "a" }]);
    expect(toggled(flagged, "a").size).toBe(0);
    expect(toSend(toggled(flagged, "a", "WBC"))).toEqual([{ item: "a", class: "WBC" }]);
    expect(NONE.size).toBe(0);
  });

  it("are painted over a stroke, and wiped off", () => {
    const some = painted(NONE, ["a", "b", "c"], "");
    expect([...some.keys()]).toEqual(["a", "b", "c"]);
    expect([...painted(some, ["b", "x"], null).keys()]).toEqual(["a", "c"]);
    expect(painted(some, ["a"], "")).toBe(some);
  });

  it("take a range either way round", () => {
    expect(between(["a", "b", "c", "d"], 2, 1)).toEqual(["b", "c"]);
    expect(between(["a", "b", "c", "d"], 1, 1)).toEqual(["b"]);
  });
});

describe("layout", () => {
  it("fits whole cells", () => {
    expect(columnsIn(396, 96)).toBe(4);
    expect(columnsIn(20, 96)).toBe(1);
    expect(rowsIn(395, 96)).toBe(3);
    expect(screenful(1160, 640, 48)).toBe(200);
    expect(screenful(366, 500, 96)).toBe(15);
  });

  it("fills a row", () => {
    expect(fitted(366, 96)).toBe(119);
    expect(columnsIn(366, 119)).toBe(3);
    expect(fitted(60, 96)).toBe(60);
    expect(fitted(0, 96)).toBe(96);
  });

  it("asks for the sharper sheet when cells are large on the screen", () => {
    expect(tileFor(96, 1)).toBe(96);
    expect(tileFor(96, 2)).toBe(192);
    expect(tileFor(160, 1)).toBe(192);
  });

  it("moves by arrows and stays inside", () => {
    expect(moved(0, "ArrowLeft", 4, 10)).toBe(0);
    expect(moved(1, "ArrowDown", 4, 10)).toBe(5);
    expect(moved(7, "ArrowDown", 4, 10)).toBe(9);
    expect(moved(9, "ArrowDown", 4, 10)).toBe(9);
    expect(moved(5, "ArrowUp", 4, 10)).toBe(1);
    expect(moved(2, "ArrowUp", 4, 10)).toBe(2);
    expect(moved(3, "End", 4, 10)).toBe(9);
    expect(moved(3, "x", 4, 10)).toBeUndefined();
  });
});

describe("clock", () => {
  it("counts looking, not being away", () => {
    let at = 0;
    const clock = new Clock(() => at);
    const pass = (time: number) => {
      at += time;
    };
    clock.tick();
    pass(2_000);
    clock.tick();
    pass(60_000);
    clock.tick();
    expect(clock.take()).toBe(12_000);
    pass(1_000);
    clock.pause();
    pass(90_000);
    clock.tick();
    pass(500);
    expect(clock.take()).toBe(1_500);
  });
});
