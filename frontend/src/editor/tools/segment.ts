import { type Answer, type Assistant, type Candidate, type Prompt, type PromptPoint, SILENT } from "../core/assist";
import { type Editor, makes } from "../core/editor";
import { newId } from "../core/ids";
import { boxBetween } from "../core/kinds/box";
import { tidy } from "../core/kinds/kind";
import { notes } from "../core/notes";
import type { Pen } from "../core/pen";
import { originOf, seeded, shaped } from "../core/proposal";
import { NO_PROPOSAL, type Proposing } from "../core/state";
import type { BoxGeometry, DrawnLabel, ObjectClass } from "../core/types";
import { Hover } from "./hover";
import { paintProposal } from "./proposalInk";
import { CLICK_PX, type Tool, type ToolEvent, within } from "./tool";

/** A side shorter than this on screen is a slip of the hand. */
const LEAST_PX = 3;

interface Drag {
  readonly x: number;
  readonly y: number;
  readonly sx: number;
  readonly sy: number;
  to: { x: number; y: number };
  far: boolean;
}

/**
 * One click or box, and the assistant proposes a mask. Clicks add to it, with Alt they take away; Tab looks at the other candidates; Enter or
 * a class keeps it, Esc drops it. Nothing is a label before it is kept, and then it is one command.
 */
export class SegmentTool implements Tool {
  readonly name = "segment";
  readonly cursor = "crosshair";
  private prompt: Prompt = SILENT;
  private earlier: Prompt[] = [];
  private answer: Answer | null = null;
  private chosen = 0;
  /** The newest question is not answered yet. */
  private pending = false;
  /** Keep the answer as soon as it is there: the hand was faster. */
  private wanted: { readonly class: string | null } | null = null;
  private target: string | null = null;
  private drag: Drag | null = null;
  private readonly hover: Hover;

  constructor(
    private readonly editor: Editor,
    private readonly assistant: Assistant,
    private readonly repaint: () => void,
  ) {
    this.hover = new Hover(assistant, repaint);
    assistant.store.subscribe((now) => {
      // What cannot be had now is not kept by surprise later; boxes were asked for to be kept.
      if (now.trouble && !this.prompt.boxes.length) this.wanted = null;
    });
  }

  /** Goes on from a label, or begins afresh. */
  take(label: DrawnLabel | null): void {
    this.assistant.look();
    this.reset();
    const from = label && seeded(label);
    if (!from) return;
    this.target = label.id;
    this.ask({ ...SILENT, ...from });
  }

  down(e: ToolEvent): void {
    const at = this.inside(e);
    this.hover.stop();
    this.drag = { ...at, sx: e.sx, sy: e.sy, to: at, far: false };
  }

  move(e: ToolEvent): void {
    const { drag } = this;
    if (!drag) {
      if (this.isSilent && !e.touch) this.hover.follow(this.inside(e));
      return;
    }
    drag.to = this.inside(e);
    drag.far ||= Math.hypot(e.sx - drag.sx, e.sy - drag.sy) >= CLICK_PX;
  }

  up(e: ToolEvent): void {
    const { drag } = this;
    if (!drag) return;
    this.move(e);
    this.drag = null;
    if (!drag.far) {
      this.click(drag, e.alt !== this.editor.state.subtract ? 0 : 1);
      return;
    }
    const box = boxBetween(drag.x, drag.y, drag.to.x, drag.to.y),
      { k } = this.editor.state.view;
    if (box.width * k < LEAST_PX || box.height * k < LEAST_PX) {
      this.editor.say(notes.tooSmall, "warning");
      return;
    }
    if (e.shift) this.collect(box);
    else this.ask({ ...this.prompt, box, boxes: [], token: "" });
  }

  key(key: "close" | "back"): boolean {
    if (key === "close") {
      if (this.isSilent) this.point();
      else this.keep(null);
      return true;
    }
    if (this.isSilent) return false;
    const before = this.earlier.pop();
    if (!before || isEmpty(before)) this.reset();
    else {
      this.prompt = before;
      this.send();
    }
    return true;
  }

  cancel(): boolean {
    const had = !this.isSilent || this.drag !== null;
    this.drag = null;
    this.reset();
    return had;
  }

  /** The next or previous candidate; answers whether there is more than one. */
  cycle(by: 1 | -1): boolean {
    const of = this.answer?.candidates.length ?? 0;
    if (of < 2) return false;
    this.chosen = (this.chosen + by + of) % of;
    this.report();
    this.repaint();
    return true;
  }

  /** Whether there is anything that a class could be given. */
  get isBusy(): boolean {
    return !this.isSilent;
  }

  /** Keeps what is proposed, under a class if one is named; answers whether that could be meant. */
  keep(classId: string | null): boolean {
    const { editor } = this,
      found = classId === null ? undefined : editor.vocabulary.object(classId);
    if (this.isSilent || (classId !== null && !makes("segment", found?.shape))) return false;
    if (this.prompt.boxes.length) {
      if (!this.pending) this.send();
      this.wanted = { class: classId };
    } else if (this.pending && !this.assistant.store.getState().trouble) this.wanted = { class: classId };
    else if (this.candidate) this.settle(classId);
    else editor.say(notes.nothingFound, "warning");
    return true;
  }

  paint(pen: Pen): void {
    const color = this.classFor(null)?.color ?? "#fff",
      shape = this.classFor(null)?.shape ?? "bitmask",
      shown = this.candidate ?? (this.answer ? null : this.hover.candidate);
    const { drag } = this,
      rubber = drag?.far ? boxBetween(drag.x, drag.y, drag.to.x, drag.to.y) : null;
    paintProposal(pen, {
      prompt: this.prompt,
      shown,
      sure: this.candidate !== null,
      color,
      shape,
      rubber,
      image: this.editor.image,
    });
  }

  private get candidate(): Candidate | null {
    return this.answer?.candidates[this.chosen] ?? null;
  }
  private get isSilent(): boolean {
    return isEmpty(this.prompt);
  }

  private click(at: { x: number; y: number }, label: 0 | 1): void {
    const point: PromptPoint = { x: tidy(at.x), y: tidy(at.y), label };
    // A click after an answer goes on from what the model saw in it; after another candidate was looked at, it would not.
    const token = this.chosen === 0 && !this.pending ? (this.answer?.token ?? "") : "";
    this.ask({ ...this.prompt, boxes: [], points: [...this.prompt.points, point], token });
  }

  /** Without a pointer: the middle of the view. */
  private point(): void {
    const { view, port } = this.editor.state,
      { width, height } = this.editor.image;
    this.click(
      { x: within((port.width / 2 - view.x) / view.k, width), y: within((port.height / 2 - view.y) / view.k, height) },
      1,
    );
  }

  /** One of several boxes: they are asked about together, at Enter. */
  private collect(box: BoxGeometry): void {
    const { boxes } = this.prompt;
    this.earlier.push(boxes.length ? this.prompt : SILENT);
    this.assistant.drop();
    this.answer = null;
    this.pending = false;
    this.target = null;
    this.prompt = { ...SILENT, boxes: [...boxes, box] };
    this.editor.set({ drawing: true, veiled: null });
    this.report();
  }

  private ask(next: Prompt): void {
    this.earlier.push(this.prompt);
    this.prompt = next;
    this.send();
  }

  private send(): void {
    this.hover.stop(this.answer === null);
    this.pending = true;
    this.wanted = null;
    this.editor.set({ drawing: true });
    this.report();
    this.assistant.ask(this.prompt, (answer) => this.hear(answer));
  }

  private hear(answer: Answer): void {
    this.pending = false;
    this.hover.forget();
    const { wanted } = this;
    if (this.prompt.boxes.length) {
      this.settleAll(answer, wanted?.class ?? null);
      return;
    }
    this.answer = answer;
    this.chosen = 0;
    this.editor.set({ veiled: answer.candidates.length ? this.target : null });
    this.report();
    if (wanted && this.candidate) this.settle(wanted.class);
    this.wanted = null;
    this.repaint();
  }

  /** What is shown becomes a label, or takes the place of the geometry it came from. */
  private settle(classId: string | null): void {
    const { editor, answer, candidate } = this;
    if (!answer || !candidate) return;
    const old = this.target ? editor.scene.get(this.target) : undefined,
      label =
        old && old.shape !== "classification"
          ? this.refined(old, answer, candidate, classId)
          : this.fresh(answer, candidate, this.prompt.box, classId);
    if (!label) {
      editor.say(old && classId ? notes.otherShape : notes.noOutline, "warning");
      return;
    }
    this.reset();
    if (old) editor.put("Refine", label);
    else editor.drawn("Segment", label);
    if (classId) editor.arm(classId);
  }

  /** Several boxes at once are one command, as they were one question. */
  private settleAll({ answers }: Answer, classId: string | null): void {
    const { editor, prompt } = this;
    const labels = answers.flatMap((answer, i) => {
      const [best] = answer.candidates;
      return (best && this.fresh(answer, best, prompt.boxes[i] ?? null, classId)) ?? [];
    });
    this.reset();
    if (editor.capture) for (const label of labels) editor.drawn("Segment", label);
    else if (labels.length) editor.put("Segment boxes", ...labels);
    if (classId) editor.arm(classId);
    editor.say(
      notes.keptMany(labels.length, prompt.boxes.length),
      labels.length < prompt.boxes.length ? "warning" : "plain",
    );
    this.repaint();
  }

  private fresh(
    answer: Answer,
    candidate: Candidate,
    box: BoxGeometry | null,
    classId: string | null,
  ): DrawnLabel | null {
    const found = this.classFor(classId),
      geometry = found && shaped(candidate, found.shape, this.editor.image);
    if (!found || !geometry) return null;
    const origin = originOf(answer, candidate, this.prompt, box, false);
    return { id: newId(), class: found.id, shape: found.shape, geometry, attributes: {}, origin } as DrawnLabel;
  }

  private refined(old: DrawnLabel, answer: Answer, candidate: Candidate, classId: string | null): DrawnLabel | null {
    const { vocabulary, image } = this.editor,
      found = classId === null ? undefined : vocabulary.object(classId);
    const geometry = shaped(candidate, old.shape, image);
    if (!geometry || (found && found.shape !== old.shape)) return null;
    const other = found && found.id !== vocabulary.object(old.class)?.id ? { class: found.id, attributes: {} } : {};
    return {
      ...old,
      ...other,
      geometry,
      origin: originOf(answer, candidate, this.prompt, this.prompt.box, true),
    } as DrawnLabel;
  }

  /** The class that is named, else that of what is being refined, else the one in hand. */
  private classFor(classId: string | null): ObjectClass | undefined {
    const { vocabulary, scene, state } = this.editor;
    return vocabulary.object(classId ?? (this.target ? scene.get(this.target)?.class : undefined) ?? state.armed);
  }

  private reset(): void {
    this.assistant.drop();
    this.hover.stop();
    this.prompt = SILENT;
    this.earlier = [];
    this.answer = this.wanted = this.target = null;
    this.pending = false;
    this.chosen = 0;
    const { state } = this.editor;
    if (state.drawing || state.veiled || state.proposal !== NO_PROPOSAL)
      this.editor.set({ drawing: false, veiled: null, proposal: NO_PROPOSAL });
  }

  private report(): void {
    const of = this.answer?.candidates.length ?? 0,
      boxes = this.prompt.boxes.length;
    const stage: Proposing["stage"] = of ? "shown" : this.pending ? "asking" : boxes ? "boxes" : "nothing";
    this.editor.set({
      proposal: {
        stage,
        at: this.chosen,
        of,
        score: this.candidate?.score ?? null,
        boxes,
        refining: this.target !== null,
      },
    });
  }

  private inside(e: ToolEvent): { x: number; y: number } {
    return { x: within(e.x, this.editor.image.width), y: within(e.y, this.editor.image.height) };
  }
}

const isEmpty = ({ points, box, boxes, seed }: Prompt): boolean => !points.length && !box && !boxes.length && !seed;
