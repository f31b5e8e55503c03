import { expect, it } from "vitest";
import { ActivityMeter } from "./heartbeat";

it("counts time near a sign of life as active, and the rest as idle", () => {
  const meter = new ActivityMeter(0);
  meter.touch(10_000);
  expect(meter.read(20_000, true)).toEqual({ activeMs: 20_000, idleMs: 0 });
  expect(meter.read(60_000, true)).toEqual({ activeMs: 20_000, idleMs: 20_000 });
  meter.touch(70_000);
  expect(meter.read(80_000, true)).toEqual({ activeMs: 10_000, idleMs: 10_000 });
  expect(meter.read(90_000, false)).toEqual({ activeMs: 0, idleMs: 10_000 });
});
