/** What the development page's server says against the labels: a wrong class, a loose box, and something missing. */
import type { Label } from "../core/types";

export function fakeEvidence(labels: readonly Label[]) {
  const boxes = labels.filter((l) => l.shape === "bounding_box"),
    [first, second] = boxes;
  const row = (l: Label, more: object) => ({
    id: l.id,
    label: l.id,
    class: l.class,
    calibrated: true,
    neighbours: [],
    ...more,
  });
  return {
    route_reason: { reason: "One label is likely of another class.", facts: { mistakenness: 0.83 } },
    metrics: { mistakenness: 0.83, expected_errors: 1.4 },
    labels: [
      ...(first
        ? [
            row(first, {
              p_error: 0.83,
              kind: "badly_located",
              evidence: "The detector places it elsewhere: the two share 0.52 of their area.",
              model_label: {
                class: first.class,
                confidence: 0.94,
                shape: first.shape,
                geometry: { x: 70, y: 50, width: 150, height: 130 },
                model: "detector",
              },
            }),
          ]
        : []),
      ...(second
        ? [row(second, { p_error: 0.12, calibrated: false, kind: null, evidence: "", model_label: null })]
        : []),
    ],
    missing: [
      {
        id: "missing-1",
        label: null,
        class: "RBC",
        shape: "bounding_box",
        geometry: { x: 420, y: 300, width: 90, height: 80 },
        p_error: 0.71,
        calibrated: true,
        kind: "missing",
        evidence: "The detector is sure of an object here and nobody labeled it.",
        model_label: { class: "RBC", confidence: 0.88, model: "detector" },
      },
    ],
  };
}
