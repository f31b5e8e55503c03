import type { IconName } from "../../ui/Icon";
import type { ToolName } from "../core/state";
import type { ShapeKind } from "../core/types";

export const SHAPE_ICONS: Record<ShapeKind, IconName> = {
  bounding_box: "square",
  rotatable_bounding_box: "square-rotated",
  polygon: "polygon",
  polyline: "line",
  keypoint: "point",
  skeleton: "sitemap",
  bitmask: "brush",
  classification: "list-check",
};

export const TOOL_ICONS: Record<ToolName, IconName> = {
  select: "pointer",
  box: "square",
  polygon: "polygon",
  keypoint: "point",
  brush: "brush",
  segment: "wand",
};
