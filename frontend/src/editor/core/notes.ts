/** What the tools and the session say in passing, in English. Beside `ui/words.ts`, because these know neither the app nor React. */
export const notes = {
  tooSmall: "Too small: nothing was drawn.",
  fewCorners: "A polygon needs three corners.",
  crossing: "The outline crosses itself: Backspace takes corners back.",
  wouldCross: "The outline would cross itself: put back.",
  wouldVanish: "Too small: put back.",
  taken: "Somebody else has this task now. Your changes are kept here.",
  gone: "That task is no longer set aside for you.",
  onlyTask: "You have no other open task in this project.",
  everyLabel: "This stage wants a verdict on every label.",
  handle: (role: string, at: number, of: number) => `${role} ${at} of ${of}`,
  noClassFor: (tool: string) => `This ontology has no class for the ${tool} tool.`,
  noTool: (name: string) => `${name} has no drawing tool; it can be given to selected labels of its shape.`,
  undone: (name: string) => `Undone: ${name.toLowerCase()}`,
  redone: (name: string) => `Redone: ${name.toLowerCase()}`,
} as const;
