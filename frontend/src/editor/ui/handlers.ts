/** What each action of the keymap does. */

import { newId } from "../core/ids";
import { compile } from "../core/item";
import { moved } from "../core/kinds";
import { TOOLS } from "../core/state";
import type { DrawnLabel } from "../core/types";
import type { Handlers } from "../keys/dispatch";
import type { ActionId } from "../keys/keymap";
import { toggleKeepZoom } from "../sync/preferences";
import { type Desk, LABEL_REASONS } from "./desk";
import { t } from "./words";

const OPACITIES = [0.25, 0.5, 0] as const;
const DUPLICATE_PX = 12;

function step(desk: Desk, by: 1 | -1, sameClass: boolean): void {
  const { editor, session } = desk,
    { order, mode } = session.state;
  const all =
    mode === "review" && order.length
      ? order.flatMap((id) => editor.scene.get(id) ?? [])
      : editor.scene.list().filter((l) => l.shape !== "classification");
  const from = editor.state.selection[0],
    current = from ? editor.scene.get(from) : undefined;
  const list = sameClass && current ? all.filter((l) => l.class === current.class) : all;
  const at = list.findIndex((l) => l.id === from),
    next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length];
  if (!next) return;
  if (mode === "review") {
    session.focus(next.id);
    return;
  }
  editor.select([next.id]);
  reveal(desk, next.id);
}

/** Moves the view only when the label is not well in it. */
export function reveal({ editor }: Desk, id: string): void {
  const item = editor.scene.item(id),
    { view, port } = editor.state;
  if (!item) return;
  const left = item.minX * view.k + view.x,
    top = item.minY * view.k + view.y,
    right = item.maxX * view.k + view.x,
    bottom = item.maxY * view.k + view.y;
  const tiny = Math.max(right - left, bottom - top) < 12;
  if (tiny || left < 0 || top < 0 || right > port.width || bottom > port.height) editor.show([id], 0.4);
}

/** Copied labels outlive the task: the next image often holds the same things. */
let clipboard: readonly DrawnLabel[] = [];

function copy({ editor }: Desk): void {
  clipboard = editor.selected.filter((l): l is DrawnLabel => l.shape !== "classification");
  editor.say(t("copied", { count: clipboard.length }));
}

function paste({ editor }: Desk, labels: readonly DrawnLabel[]): void {
  if (editor.state.readOnly) return;
  const aside = DUPLICATE_PX / editor.state.view.k;
  const { width, height } = editor.image;
  const copies = labels.flatMap((l) => {
    const item = compile(l);
    const fits = item.minX >= 0 && item.minY >= 0 && item.maxX <= width && item.maxY <= height;
    if (!fits || !editor.vocabulary.object(l.class)) return [];
    // On the image it came from it would hide its original.
    const d = editor.scene.get(l.id) ? aside : 0;
    const dx = item.maxX + d <= width ? d : -d;
    const dy = item.maxY + d <= height ? d : -d;
    // Where a hand puts a copy, no model saw anything.
    const { origin: _origin, ...copied } = moved(l, dx, dy);
    return [{ ...copied, id: newId() } as DrawnLabel];
  });
  if (!copies.length) return;
  editor.put("Paste", ...copies);
  editor.select(copies.map((c) => c.id));
}

function duplicate(desk: Desk): void {
  paste(
    desk,
    desk.editor.selected.filter((l): l is DrawnLabel => l.shape !== "classification"),
  );
}

function remove({ editor, toolbox }: Desk): void {
  if (editor.state.vertex && toolbox.key("back")) return;
  if (!editor.state.readOnly) editor.remove("Delete", editor.state.selection);
}

/** A class is kept for what the assistant proposes, given to a fitting selection, or else armed. */
export function takeClass({ editor, toolbox }: Desk, id: string | undefined): void {
  if (id && !toolbox.give(id) && !editor.reclassify(id)) editor.arm(id);
}

export function makeHandlers(desk: Desk, find: () => void): Handlers {
  const { editor, toolbox, session } = desk;
  const once = (run: () => unknown) => (down: boolean) => {
    if (down) run();
  };
  const classes = Array.from(
    { length: 10 },
    (_, i) => [`class-${i + 1}` as ActionId, once(() => takeClass(desk, editor.vocabulary.usable[i]?.id))] as const,
  );
  const reasons = LABEL_REASONS.map(
    (kind, i) => [`reason-${i + 1}` as ActionId, once(() => desk.reject(kind))] as const,
  );
  const nudges = (["left", "right", "up", "down"] as const).flatMap((way) =>
    [1, 10].map((by) => {
      const dx = way === "left" ? -by : way === "right" ? by : 0,
        dy = way === "up" ? -by : way === "down" ? by : 0;
      return [`nudge-${way}${by === 10 ? "-10" : ""}` as ActionId, once(() => toolbox.select.nudge(dx, dy))] as const;
    }),
  );
  const review = session.state.mode === "review";
  return {
    ...Object.fromEntries([...classes, ...reasons, ...nudges]),
    "find-class": once(find),
    again: once(() => {
      const last = editor.state.recent[0] ?? editor.state.armed;
      if (last) editor.arm(last);
    }),
    ...Object.fromEntries(TOOLS.map((name) => [`tool-${name}` as ActionId, once(() => toolbox.use(name))])),
    wire: once(() => editor.set({ wire: !editor.state.wire })),
    erase: once(() => toolbox.brush.swap()),
    "brush-smaller": once(() => toolbox.brush.resize(-1)),
    "brush-larger": once(() => toolbox.brush.resize(1)),
    subtract: once(() => editor.set({ subtract: !editor.state.subtract })),
    // With nothing to choose from, Tab leaves the image as it always does.
    "next-candidate": () => toolbox.segment.cycle(1),
    "previous-candidate": () => toolbox.segment.cycle(-1),
    close: once(() => toolbox.key("close")),
    back: once(() => {
      if (!toolbox.key("back")) remove(desk);
    }),
    cancel: once(() => {
      toolbox.cancel();
      desk.aid?.leave();
      if (desk.store.getState().marking && editor.state.tool === "select") desk.mark(false);
      if (!editor.state.selection.length) editor.set({ focus: null });
    }),
    delete: once(() => remove(desk)),
    "next-vertex": once(() => toolbox.select.stepVertex(1)),
    "previous-vertex": once(() => toolbox.select.stepVertex(-1)),
    pan: (down) => toolbox.pan(down),
    fit: once(() => editor.fit()),
    "fit-selection": once(() => editor.show(editor.state.selection)),
    "keep-zoom": once(toggleKeepZoom),
    "zoom-in": once(() => editor.zoom(1.25)),
    "zoom-out": once(() => editor.zoom(0.8)),
    hide: (down) => editor.set({ hidden: down }),
    names: (down) => editor.set({ names: down }),
    opacity: once(() =>
      editor.set({ fill: OPACITIES[(OPACITIES.indexOf(editor.state.fill as 0.25) + 1) % OPACITIES.length] ?? 0.25 }),
    ),
    "previous-label": once(() => step(desk, -1, false)),
    "next-label": once(() => step(desk, 1, false)),
    "previous-same": once(() => step(desk, -1, true)),
    "next-same": once(() => step(desk, 1, true)),
    attributes: once(() =>
      document.querySelector<HTMLElement>("[data-question] input, [data-question] textarea")?.focus(),
    ),
    "select-all": once(() =>
      editor.select(
        editor.scene
          .list()
          .filter((l) => l.shape !== "classification")
          .map((l) => l.id),
      ),
    ),
    copy: once(() => copy(desk)),
    paste: once(() => paste(desk, clipboard)),
    duplicate: once(() => duplicate(desk)),
    undo: once(() => editor.undo()),
    redo: once(() => editor.redo()),
    approve: once(() => desk.approve()),
    reject: once(() => desk.askReason()),
    "take-model": once(() => desk.aid?.answer("take")),
    "next-missing": once(() => desk.aid?.walk(1)),
    "previous-missing": once(() => desk.aid?.walk(-1)),
    searched: once(() => desk.search(!desk.searched)),
    "undo-verdict": once(() => desk.undoVerdict()),
    "approve-rest": once(() => desk.approveRest()),
    missing: once(() => desk.mark(!desk.store.getState().marking)),
    "take-reason": once(() => desk.reject(desk.store.getState().reason)),
    "drop-reason": once(() => desk.set({ asking: null })),
    issue: once(() => desk.startIssue()),
    submit: once(() => {
      if (editor.state.drawing) return editor.say(t("finishDrawing"), "warning");
      if (!review) return void session.submit();
      void session.finish(rejections(desk) ? "reject" : "approve");
    }),
    skip: once(() => desk.set({ dialog: session.may("skip") ? "skip" : null })),
    "previous-task": once(() => void session.turn(-1)),
    "next-task": once(() => void session.turn(1)),
    keymap: once(() => desk.set({ dialog: "keymap" })),
  };
}

export const rejections = ({ editor }: Desk): number =>
  [...editor.verdicts.values()].filter((v) => v.verdict === "rejected").length;
