/** Small values for tests: an ontology with every question type, labels, and a seeded draw. */

import type { RawPointer } from "../canvas/pointer";
import { type Assistant, nobody } from "../core/assist";
import { Editor } from "../core/editor";
import type { Label } from "../core/types";
import { Toolbox } from "../tools/toolbox";
import { smallOntology } from "./scene";

export const box = (id: string, x: number, y: number, width: number, height: number, classId = "RBC"): Label => ({
  id,
  class: classId,
  shape: "bounding_box",
  geometry: { x, y, width, height },
  attributes: {},
});

export const editorWith = (...labels: Label[]): Editor => {
  const editor = new Editor({ width: 800, height: 600 }, smallOntology, labels);
  editor.set({ port: { width: 800, height: 600 }, view: { x: 0, y: 0, k: 1 } });
  return editor;
};

const BARE: RawPointer = {
  sx: 0,
  sy: 0,
  samples: [],
  button: 0,
  shift: false,
  alt: false,
  ctrl: false,
  count: 1,
  touch: false,
};

/** Drives the tools as a hand would, without a screen. */
export class HeadlessEditor {
  readonly toolbox: Toolbox;

  constructor(
    readonly editor: Editor,
    assistant: Assistant = nobody,
  ) {
    this.toolbox = new Toolbox(editor, assistant);
  }

  at(sx: number, sy: number, more: Partial<RawPointer> = {}): RawPointer {
    return { ...BARE, sx, sy, samples: [[sx, sy]], ...more };
  }

  click(x: number, y: number, more: Partial<RawPointer> = {}): this {
    this.toolbox.move(this.at(x, y, more));
    this.toolbox.down(this.at(x, y, more));
    this.toolbox.up(this.at(x, y, more));
    return this;
  }

  drag(ax: number, ay: number, bx: number, by: number, more: Partial<RawPointer> = {}): this {
    this.toolbox.down(this.at(ax, ay, more));
    for (const f of [0.25, 0.5, 0.75, 1]) this.toolbox.move(this.at(ax + (bx - ax) * f, ay + (by - ay) * f, more));
    this.toolbox.up(this.at(bx, by, more));
    return this;
  }

  get last(): Label | undefined {
    return this.editor.scene.list().at(-1);
  }
}
