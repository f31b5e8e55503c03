import { ActionIcon, Button, Slider, Tooltip } from "@mantine/core";
import { useStore } from "zustand";
import { Icon, type IconName } from "../../ui/Icon";
import type { AssistState } from "../core/assist";
import type { Proposing } from "../core/state";
import { type ActionId, hint } from "../keys/keymap";
import { keyPreferences } from "../sync/preferences";
import { useAssist, useDesk, useEditorState } from "./context";
import css from "./Editor.module.css";
import { t } from "./words";

/** What the tool in hand says and offers, by key and by touch: the assistant's state, the brush, the snapping outline. */
export function HandBar() {
  const tool = useEditorState((s) => s.tool);
  if (tool === "segment") return <SegmentBar />;
  if (tool === "brush") return <BrushBar />;
  return tool === "polygon" ? <WireBar /> : null;
}

function SegmentBar() {
  const desk = useDesk(),
    { toolbox, editor } = desk,
    proposal = useEditorState((s) => s.proposal),
    subtract = useEditorState((s) => s.subtract);
  const begun = proposal.stage !== "idle",
    many = proposal.of > 1,
    mean = (subtracting: boolean) => editor.set({ subtract: subtracting });
  return (
    <div className={css.handBar} role="toolbar" aria-label={t("handBar")}>
      <AssistWords proposal={proposal} />
      <div className={css.handGroup}>
        <Act id="subtract" icon="plus" label={t("addPoints")} pressed={!subtract} onClick={() => mean(false)} />
        <Act id="subtract" icon="minus" label={t("takeAway")} pressed={subtract} onClick={() => mean(true)} />
        <span className={css.rule} />
        <Act
          id="back"
          icon="arrow-back-up"
          label={t("backPrompt")}
          disabled={!begun}
          onClick={() => toolbox.key("back")}
        />
        <Act
          id="previous-candidate"
          icon="chevron-left"
          label={t("previousCandidate")}
          disabled={!many}
          onClick={() => toolbox.segment.cycle(-1)}
        />
        <span className={css.figure}>
          {proposal.of ? t("candidateAt", { at: proposal.at + 1, of: proposal.of }) : "–"}
        </span>
        <Act
          id="next-candidate"
          icon="chevron-right"
          label={t("nextCandidate")}
          disabled={!many}
          onClick={() => toolbox.segment.cycle(1)}
        />
      </div>
      <div className={css.handGroup}>
        <Word id="cancel" label={t("drop")} disabled={!begun} onClick={() => toolbox.segment.cancel()} />
        <Word
          id="close"
          label={t("keep")}
          filled
          disabled={!begun || proposal.stage === "nothing"}
          onClick={() => toolbox.segment.keep(null)}
        />
      </div>
    </div>
  );
}

function BrushBar() {
  const desk = useDesk(),
    { toolbox, editor } = desk,
    { radius, erase } = useEditorState((s) => s.brush);
  const most = Math.max(editor.image.width, editor.image.height) / 4;
  return (
    <div className={css.handBar} role="toolbar" aria-label={t("handBar")}>
      <div className={css.handGroup}>
        <Act
          id="erase"
          icon={erase ? "eraser" : "brush"}
          label={t("eraser")}
          pressed={erase}
          onClick={() => toolbox.brush.swap()}
        />
        <Act id="brush-smaller" icon="minus" label={t("brushSize")} onClick={() => toolbox.brush.resize(-1)} />
        <Slider
          className={css.slider}
          size="xs"
          label={null}
          min={0}
          max={1}
          step={0.01}
          // Equal steps of the slider are equal factors of the size.
          value={Math.log(2 * radius) / Math.log(2 * most)}
          onChange={(v) => editor.set({ brush: { radius: (2 * most) ** v / 2, erase } })}
          thumbLabel={t("brushSize")}
        />
        <Act id="brush-larger" icon="plus" label={t("brushSize")} onClick={() => toolbox.brush.resize(1)} />
        <span className={css.figure}>{Math.max(1, Math.round(2 * radius))} px</span>
      </div>
      <div className={css.handGroup}>
        <Word id="close" label={t("nextMask")} onClick={() => toolbox.key("close")} />
      </div>
    </div>
  );
}

function WireBar() {
  const { editor, toolbox } = useDesk(),
    wire = useEditorState((s) => s.wire),
    drawing = useEditorState((s) => s.drawing),
    trouble = useAssist((s) => s.trouble);
  return (
    <div className={css.handBar} role="toolbar" aria-label={t("handBar")}>
      <div className={css.handGroup}>
        <Act id="wire" icon="magnet" label={t("wire")} pressed={wire} onClick={() => editor.set({ wire: !wire })} />
        <span className={css.said} role="status" aria-live="polite" data-mood={wire && trouble ? "warning" : undefined}>
          {wire && trouble ? wordsOf(trouble) : wire ? t("wireHint") : t("wire")}
        </span>
      </div>
      <div className={css.handGroup}>
        <Word id="close" label={t("finishOutline")} disabled={!drawing} onClick={() => toolbox.key("close")} />
      </div>
    </div>
  );
}

/** Who answers and how it stands; spoken when that changes, and quiet about every single question. */
function AssistWords({ proposal }: { proposal: Proposing }) {
  const state = useAssist((s) => s),
    { info, asking, trouble, warming, note } = state,
    away = trouble !== null || info?.enabled === false || info?.state === "unavailable";
  const waiting = proposal.stage === "asking" && !away && !warming,
    classical = info?.assistant === "classical",
    who = !info ? t("assist.none") : info.model ? t("assist.model", info.model) : t("assist.classical");
  return (
    <div className={css.handWords}>
      <Tooltip
        multiline
        w={300}
        events={{ hover: true, focus: true, touch: true }}
        label={info?.model ? t("assist.modelFamily", info.model) : t("assist.classicalLimits")}
        disabled={!info}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it is known to fail at must be within reach of the keyboard */}
        <span className={css.who} data-limits={classical || undefined} tabIndex={0}>
          <span
            className={css.dot}
            data-state={away ? "trouble" : warming || info?.state === "warming" ? "warming" : "ready"}
            data-asking={asking || undefined}
            aria-hidden
          />
          {who}
        </span>
      </Tooltip>
      {waiting ? (
        <span className={css.said} aria-hidden>
          {t("assist.asking")}
        </span>
      ) : null}
      <span
        className={css.said}
        role="status"
        aria-live="polite"
        data-mood={away || proposal.stage === "nothing" ? "warning" : undefined}
      >
        {waiting ? "" : messageOf(state, proposal)}
      </span>
      {note && !away && <span className={css.note}>{note}</span>}
    </div>
  );
}

const wordsOf = ({ kind, detail }: NonNullable<AssistState["trouble"]>): string => t(`assist.${kind}`, { detail });

function messageOf({ info, trouble, warming }: AssistState, proposal: Proposing): string {
  if (info?.enabled === false) return t("assist.off");
  if (trouble) return wordsOf(trouble);
  if (info?.state === "unavailable") return t("assist.unavailable");
  if (warming) return t("assist.warming", { name: info?.model?.name ?? t("assist.none") });
  switch (proposal.stage) {
    case "nothing":
      return t("assist.nothing");
    case "boxes":
      return t("assist.boxes", { count: proposal.boxes });
    case "shown":
      return proposal.score === null
        ? t("assist.shown")
        : `${t("assist.score", { score: proposal.score.toFixed(2) })} · ${t("assist.shown")}`;
    default:
      return proposal.refining ? t("assist.refine") : t("assist.begin");
  }
}

interface ActProps {
  id: ActionId;
  label: string;
  disabled?: boolean;
  onClick: () => void;
}

function Act({ id, icon, label, pressed, disabled, onClick }: ActProps & { icon: IconName; pressed?: boolean }) {
  const desk = useDesk(),
    keys = hint(id, useStore(keyPreferences).overrides);
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={pressed}
        aria-keyshortcuts={keys || undefined}
        variant={pressed ? "filled" : "subtle"}
        color={pressed ? "lapis" : "gray"}
        disabled={disabled ?? false}
        onClick={() => {
          onClick();
          desk.home();
        }}
      >
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

function Word({ id, label, filled = false, disabled, onClick }: ActProps & { filled?: boolean }) {
  const desk = useDesk(),
    keys = hint(id, useStore(keyPreferences).overrides);
  return (
    <Button
      size="compact-xs"
      variant={filled ? "filled" : "default"}
      disabled={disabled ?? false}
      rightSection={keys && <kbd className={css.key}>{keys}</kbd>}
      onClick={() => {
        onClick();
        desk.home();
      }}
    >
      {label}
    </Button>
  );
}
