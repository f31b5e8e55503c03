import type { Kind } from "./kind";
import { NOTHING } from "./kind";

/** Shown, reclassified, judged and deleted; drawing and repair come with the brush. */
export const bitmask: Kind<"bitmask"> = {
  shape: "bitmask",
  editable: false,
  path: () => ({ rings: [], lines: [], dots: NOTHING }),
  moved: (g) => g,
  handles: () => [],
  dragged: (g) => g,
};
