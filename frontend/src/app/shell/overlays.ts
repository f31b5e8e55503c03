import { create } from "zustand";

type Overlay = "palette" | "help" | null;

/** Which of the dialogs that belong to no page is open. */
export const useOverlay = create<{ open: Overlay }>(() => ({ open: null }));

export const openPalette = (): void => useOverlay.setState({ open: "palette" });
export const openHelp = (): void => useOverlay.setState({ open: "help" });
export const closeOverlay = (): void => useOverlay.setState({ open: null });
