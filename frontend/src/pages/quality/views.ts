export const VIEWS = ["overview", "certificate", "calibration", "models", "images", "people"] as const;
export type View = (typeof VIEWS)[number];

/** The tab that an address names; the overview for any other word. */
export const parseView = (search: Record<string, unknown>): { view?: View } => {
  const view = VIEWS.find((name) => name === search.view);
  return view && view !== "overview" ? { view } : {};
};
