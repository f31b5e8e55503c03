import { ActionIcon, Badge, Button, Checkbox, Group, Menu, Slider, Tooltip } from "@mantine/core";
import { useStore } from "zustand";
import { Icon, type IconName } from "../../ui/Icon";
import { TOOLS } from "../core/state";
import { type ActionId, hint } from "../keys/keymap";
import { keyPreferences, toggleKeepZoom, zoomPreference } from "../sync/preferences";
import { useDesk, useDeskState, useEditorState, useSessionState } from "./context";
import css from "./Editor.module.css";
import { rejections } from "./handlers";
import { StatusChip } from "./StatusChip";
import { TOOL_ICONS } from "./shapes";
import { t } from "./words";

export function TopBar({ onExit }: { onExit: () => void }) {
  const { session } = useDesk(),
    { task } = session,
    holds = useSessionState((s) => s.holds);
  return (
    <header className={css.top}>
      <Tool icon="chevron-left" label={t("exit")} onClick={onExit} />
      <h1 className={css.title} title={task.unit.name}>
        {task.unit.name || t("unnamed")}
      </h1>
      <Badge>{task.stageTitle}</Badge>
      {task.round > 1 && <Badge>{t("round", { round: task.round })}</Badge>}
      <StatusChip />
      {!holds && (
        <Badge color="yellow" variant="light">
          {session.loaded.elsewhere ? t("elsewhere") : t("notHeld")}
        </Badge>
      )}
      <span className={css.spring} />
      <Finish />
    </header>
  );
}

function Finish() {
  const desk = useDesk(),
    { session } = desk,
    mode = useSessionState((s) => s.mode),
    busy = useSessionState((s) => s.busy),
    holds = useSessionState((s) => s.holds);
  useEditorState((s) => s.version);
  const { overrides } = useStore(keyPreferences),
    key = <kbd className={css.key}>{hint("submit", overrides)}</kbd>,
    wrong = rejections(desk) > 0;
  if (!holds) return null;
  return (
    <Group gap={6} wrap={mode === "review" ? "wrap" : "nowrap"} justify="flex-end">
      {mode === "review" && <Searched />}
      {mode === "annotate" && (
        <Button
          loading={busy === "submit"}
          onClick={() => void session.submit()}
          rightSection={key}
          title={t("submitTitle")}
        >
          {t("submit")}
        </Button>
      )}
      {mode === "review" && (
        <>
          <Button
            variant={wrong ? "filled" : "default"}
            color="red"
            loading={busy === "reject"}
            onClick={() => desk.set({ dialog: "reject" })}
            rightSection={wrong && key}
          >
            {t("rejectTask")}
          </Button>
          <Button
            variant={wrong ? "default" : "filled"}
            loading={busy === "approve"}
            onClick={() => void session.finish("approve")}
            rightSection={!wrong && key}
          >
            {t("approveTask")}
          </Button>
        </>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t("more")}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {session.may("skip") && (
            <Menu.Item onClick={() => desk.set({ dialog: "skip" })} rightSection={hint("skip", overrides)}>
              {t("skip")}
            </Menu.Item>
          )}
          {session.may("release") && <Menu.Item onClick={() => void session.release()}>{t("release")}</Menu.Item>}
          {mode === "review" && session.task.allowed.includes("escalate") && (
            <Menu.Item onClick={() => desk.set({ dialog: "escalate" })}>{t("escalate")}</Menu.Item>
          )}
          <Menu.Item onClick={() => desk.set({ dialog: "keymap" })} rightSection={hint("keymap", overrides)}>
            {t("keys")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

/** A word on the whole image: approving then needs none on the rest, and certifies that nothing is missing. */
function Searched() {
  const desk = useDesk(),
    { overrides } = useStore(keyPreferences);
  return (
    <Checkbox
      size="xs"
      mr={6}
      checked={desk.searched}
      onChange={(e) => {
        desk.search(e.currentTarget.checked);
        desk.home();
      }}
      label={
        <>
          {t("searched")} <kbd className={css.key}>{hint("searched", overrides)}</kbd>
        </>
      }
    />
  );
}

/** Tools and view in one row above the image. */
export function Toolbar() {
  const desk = useDesk(),
    { editor } = desk,
    tool = useEditorState((s) => s.tool),
    readOnly = useEditorState((s) => s.readOnly),
    marking = useDeskState((s) => s.marking);
  const fill = useEditorState((s) => s.fill),
    { keep } = useStore(zoomPreference),
    { overrides } = useStore(keyPreferences);
  useEditorState((s) => s.version);
  const act = (
    id: ActionId,
    icon: IconName,
    label: string,
    run: () => void,
    more: { pressed?: boolean; disabled?: boolean } = {},
  ) => (
    <Tool
      icon={icon}
      label={label}
      keys={hint(id, overrides)}
      onClick={() => {
        run();
        desk.home();
      }}
      {...more}
    />
  );
  return (
    <div className={css.toolbar} role="toolbar" aria-label={t("tools")}>
      {TOOLS.map((name) => (
        <span key={name}>
          {act(`tool-${name}`, TOOL_ICONS[name], t(`tool.${name}`), () => desk.toolbox.use(name), {
            pressed: tool === name,
            // The assistant answers only those who may edit.
            disabled: name !== "select" && readOnly && (!marking || name === "segment"),
          })}
        </span>
      ))}
      <span className={css.rule} />
      {act("undo", "arrow-back-up", t("undo"), () => editor.undo(), { disabled: !editor.history.canUndo })}
      {act("redo", "arrow-forward-up", t("redo"), () => editor.redo(), { disabled: !editor.history.canRedo })}
      <span className={css.rule} />
      {act("zoom-out", "zoom-out", t("zoomOut"), () => editor.zoom(0.8))}
      {act("zoom-in", "zoom-in", t("zoomIn"), () => editor.zoom(1.25))}
      {act("fit", "maximize", t("fit"), () => editor.fit())}
      {act("keep-zoom", "lock", t("keepZoom"), toggleKeepZoom, { pressed: keep })}
      <Slider
        className={css.slider}
        size="xs"
        label={null}
        min={0}
        max={1}
        step={0.05}
        value={fill}
        onChange={(v) => editor.set({ fill: v })}
        thumbLabel={t("opacity")}
      />
      <span className={css.spring} />
      {act("keymap", "keyboard", t("keys"), () => desk.set({ dialog: "keymap" }))}
    </div>
  );
}

interface ToolProps {
  icon: IconName;
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

export function Tool({ icon, label, keys, pressed, disabled, onClick }: ToolProps) {
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon
        aria-label={label}
        aria-keyshortcuts={keys || undefined}
        aria-pressed={pressed}
        variant={pressed ? "filled" : "subtle"}
        color={pressed ? "lapis" : "gray"}
        disabled={disabled ?? false}
        onClick={onClick}
      >
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}
