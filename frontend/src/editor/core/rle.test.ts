import { describe, expect, it } from "vitest";
import { random } from "../dev/scene";
import { bitsOfRuns, boundsOfRuns, decodeCounts, encodeCounts, runsOfBits } from "./rle";

describe("COCO run lengths", () => {
  it("read and write what pycocotools writes", () => {
    // mask.encode of 9 rows and 7 columns that hold rows 2 to 4 of columns 1 to 3
    expect(decodeCounts(";36000i0")).toEqual([11, 3, 6, 3, 6, 3, 31]);
    expect(encodeCounts([11, 3, 6, 3, 6, 3, 31])).toBe(";36000i0");
    expect(decodeCounts("[n]6c0").slice(0, 2)).toEqual([210891, 19]);
  });

  it("survive a round trip for any counts", () => {
    const r = random(5);
    for (let n = 0; n < 50; n++) {
      const counts = Array.from({ length: 1 + Math.floor(r() * 40) }, () => Math.floor(r() ** 6 * 2e7));
      expect(decodeCounts(encodeCounts(counts))).toEqual(counts);
    }
  });

  it("refuse what is no run length text", () => {
    expect(() => decodeCounts("P")).toThrow(RangeError);
    expect(() => decodeCounts("\u0010")).toThrow(RangeError);
  });

  it("give bounds, bytes and runs back for any mask", () => {
    const r = random(8);
    for (let n = 0; n < 30; n++) {
      const width = 3 + Math.floor(r() * 12),
        height = 3 + Math.floor(r() * 12),
        full = { minX: 0, minY: 0, maxX: width, maxY: height };
      const bits = Uint8Array.from({ length: width * height }, () => (r() < 0.3 ? 1 : 0));
      const runs = runsOfBits(bits, full, width, height),
        box = boundsOfRuns(runs, height);
      expect(runs.reduce((a, b) => a + b, 0)).toBe(width * height);
      if (!box) continue;
      expect(bitsOfRuns(runs, height, full)).toEqual(bits);
      expect(runsOfBits(bitsOfRuns(runs, height, box), box, width, height)).toEqual(runs);
    }
  });

  it("have no bounds when nothing is set", () => {
    expect(boundsOfRuns([42], 6)).toBeNull();
  });
});
