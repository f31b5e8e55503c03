/** An assistant in memory: ellipses for boxes, discs for clicks. It can be slow, away, busy or still looking at the image. */
import type { Answer, AssistInfo, Candidate } from "../core/assist";
import { MaskBuffer } from "../core/mask";
import type { BoxGeometry, Pt } from "../core/types";
import { type AssistAsk, Failure, type TaskPort } from "../sync/port";

export type AssistMood = "classical" | "model" | "warming" | "busy" | "away" | "off" | "slow";

const CORNERS = 48;
const RADIUS = 45;

export function fakeAssist(
  width: number,
  height: number,
  fake: { mood: AssistMood; log: string[] },
): Pick<TaskPort, "assist" | "assistInfo"> {
  let looks = 0;
  const ready = () => fake.mood !== "warming" || looks > 3;
  const candidate = (cx: number, cy: number, rx: number, ry: number, score: number | null): Candidate => {
    const mask = new MaskBuffer({ width, height });
    for (let y = -ry; y < ry; y++) {
      const half = rx * Math.sqrt(1 - (y / ry) ** 2);
      mask.stroke(cx - half + 0.5, cy + y, cx + half - 0.5, cy + y, 0.5, 1);
    }
    const ring = Array.from({ length: CORNERS }, (_, i): Pt => {
      const a = (i / CORNERS) * 2 * Math.PI;
      return [
        Math.max(0, Math.min(width, cx + rx * Math.cos(a))),
        Math.max(0, Math.min(height, cy + ry * Math.sin(a))),
      ];
    });
    return {
      geometry: mask.geometry() ?? { size: [height, width], counts: "" },
      polygons: [[ring]],
      bbox: { x: cx - rx, y: cy - ry, width: 2 * rx, height: 2 * ry },
      score,
    };
  };
  const classical = () => fake.mood === "classical" || !ready();
  const ofBox = ({ x, y, width: w, height: h }: BoxGeometry, shrink: number): Candidate[] =>
    [1, 0.8, 0.6].map((f) =>
      candidate(x + w / 2, y + h / 2, (w / 2) * f * shrink, (h / 2) * f * shrink, classical() ? null : 0.97 * f),
    );
  const answer = (candidates: readonly Candidate[], more: Partial<Answer> = {}): Answer => ({
    candidates: classical() ? candidates.slice(0, 1) : candidates,
    answers: [],
    path: [],
    model: classical() ? "classical" : "SAM vit_b",
    modelId: classical() ? null : "11111111-2222-4333-8444-555555555555",
    assistant: classical() ? "classical" : "model",
    token: "",
    warming: !ready(),
    note: "",
    ...more,
  });
  const found = ({ points = [], box, boxes, mask, polygons, anchors }: AssistAsk): Answer => {
    const minus = points.filter((p) => !p.label).length,
      [plus] = points.filter((p) => p.label);
    if (anchors) return answer([], { path: bent(anchors) });
    if (boxes) return answer([], { answers: boxes.map((b) => answer(ofBox(b, 1))) });
    if (box) return answer(ofBox(box, 0.9 ** minus));
    if (mask || polygons)
      return answer([
        candidate(plus?.x ?? width / 2, plus?.y ?? height / 2, 60 - 10 * minus, 60, classical() ? null : 0.9),
      ]);
    if (!plus || plus.x < 4) return answer([]);
    const spread = points.reduce(
      (far, p) => (p.label ? Math.max(far, Math.hypot(p.x - plus.x, p.y - plus.y)) : far),
      0,
    );
    return answer(
      [1, 1.4, 0.6].map((f, i) =>
        candidate(
          plus.x,
          plus.y,
          (RADIUS + spread) * f * 0.9 ** minus,
          (RADIUS + spread) * f * 0.9 ** minus,
          classical() ? null : 0.95 - 0.1 * i,
        ),
      ),
    );
  };
  return {
    async assistInfo(): Promise<AssistInfo> {
      looks++;
      const model = fake.mood === "classical" ? null : { name: "SAM vit_b", family: "vit_b" };
      const state = fake.mood === "away" ? "unavailable" : ready() ? "ready" : "warming";
      return { enabled: fake.mood !== "off", assistant: model ? "model" : "classical", model, state, detail: "" };
    },
    async assist(_task, ask, signal) {
      fake.log.push(
        `assist ${Object.keys(ask)
          .filter((k) => k !== "session" && k !== "meanwhile")
          .join(" ")}`,
      );
      await new Promise((done) => setTimeout(done, fake.mood === "slow" ? 700 : 25));
      if (signal.aborted) throw new Failure("superseded", "");
      if (fake.mood === "away") throw new Failure("busy", "The inference process is not there.", [], 3000, 503);
      if (fake.mood === "busy") throw new Failure("busy", "The assistants are busy.", [], 1000, 429);
      return found(ask);
    },
  };
}

/** A way that leaves the straight line a little, so that one sees the difference. */
function bent([a, b]: readonly Pt[]): Pt[] {
  if (!a || !b) return [];
  const n = Math.max(4, Math.round(Math.hypot(b[0] - a[0], b[1] - a[1]) / 6));
  return Array.from({ length: n + 1 }, (_, i): Pt => {
    const f = i / n,
      off = 14 * Math.sin(f * Math.PI);
    return [a[0] + (b[0] - a[0]) * f + off, a[1] + (b[1] - a[1]) * f - off];
  });
}
