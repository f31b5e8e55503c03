import type { ProjectRole } from "../../api/types";

/** The roles that take tasks. */
export const WORKING: readonly ProjectRole[] = ["annotator", "reviewer", "expert"];
