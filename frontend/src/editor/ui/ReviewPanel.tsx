import { Button, Group, Progress, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useStore } from "zustand";
import { choicesOf, choiceValue } from "../core/ontology";
import { tally } from "../core/review";
import type { Answers, ReasonKind } from "../core/types";
import { hint } from "../keys/keymap";
import { keyPreferences } from "../sync/preferences";
import { useDesk, useDeskState, useEditorState, useSessionState, useVerdictState } from "./context";
import { LABEL_REASONS } from "./desk";
import css from "./Editor.module.css";
import { Panel } from "./Panel";
import { t } from "./words";

/** Judging, one label after the other; every button has its key, and every key its button. */
export function ReviewPanel() {
  const desk = useDesk(),
    { editor, session } = desk,
    order = useSessionState((s) => s.order),
    holds = useSessionState((s) => s.holds);
  const asking = useDeskState((s) => s.asking),
    marking = useDeskState((s) => s.marking),
    failure = useVerdictState((s) => s.failure);
  const { overrides } = useStore(keyPreferences),
    subject = useEditorState((s) => s.focus ?? s.selection[0] ?? null);
  useEditorState((s) => s.version);
  const left = session.pending().length,
    all = order.filter((id) => editor.scene.get(id)).length,
    { missing } = tally(editor.verdicts.values());
  const label = subject ? editor.scene.get(subject) : undefined,
    key = (id: Parameters<typeof hint>[0]) => <kbd className={css.key}>{hint(id, overrides)}</kbd>;
  const ready = holds && subject !== null;
  return (
    <Panel title={t("review")} aside={<span className={css.faint}>{t("judged", { done: all - left, all })}</span>}>
      <Progress
        value={all ? ((all - left) / all) * 100 : 100}
        size="sm"
        aria-label={t("judged", { done: all - left, all })}
        mb={8}
      />
      {label && (
        <Text size="sm" mb={6}>
          {editor.vocabulary.nameOf(label)}
          {label.shape === "classification" && `: ${spokenAnswers(label.attributes)}`}
        </Text>
      )}
      {!left && (
        <Text size="xs" c="dimmed" mb={6}>
          {t("allJudged")}
        </Text>
      )}
      {asking ? (
        <Reasons />
      ) : (
        <Stack gap={6}>
          <Group gap={6} grow>
            <Button
              variant="light"
              color="teal"
              disabled={!ready}
              onClick={() => desk.approve()}
              rightSection={key("approve")}
            >
              {t("approve")}
            </Button>
            <Button
              variant="light"
              color="red"
              disabled={!ready}
              onClick={() => desk.askReason()}
              rightSection={key("reject")}
            >
              {t("reject")}
            </Button>
          </Group>
          <Group gap={6} wrap="nowrap">
            <Button
              variant="default"
              disabled={!holds || !editor.verdicts.size}
              onClick={() => desk.undoVerdict()}
              rightSection={key("undo-verdict")}
            >
              {t("undoVerdict")}
            </Button>
            <Button
              variant="default"
              flex={1}
              disabled={!holds || !left}
              onClick={() => desk.approveRest()}
              rightSection={key("approve-rest")}
            >
              {t("approveRest")}
            </Button>
          </Group>
          <Button
            variant={marking ? "filled" : "default"}
            aria-pressed={marking}
            disabled={!holds}
            onClick={() => {
              desk.mark(!marking);
              desk.home();
            }}
            rightSection={key("missing")}
          >
            {t("missing")}
          </Button>
          {missing > 0 && <Text size="xs">{t("missingCount", { count: missing })}</Text>}
        </Stack>
      )}
      {failure && (
        <Text size="xs" c="red" mt={6} role="alert">
          {failure.message}
        </Text>
      )}
      <LastRound />
    </Panel>
  );
}

/** The answer of a classification, which has no place on the image to look at. */
const spokenAnswers = (answers: Answers): string =>
  Object.values(answers)
    .flatMap((answer) => {
      const choices = choicesOf(answer);
      return choices.length ? choices.map(choiceValue) : [String(answer)];
    })
    .join(", ");

/** Reasons as chips: the one used last is offered, Enter takes it. */
function Reasons() {
  const desk = useDesk();
  const offered = useDeskState((s) => s.reason);
  const [text, setText] = useState("");
  const take = (kind: ReasonKind) => {
    desk.reject(kind, text.trim());
    desk.home();
  };
  const back = () => {
    desk.set({ asking: null });
    desk.home();
  };
  return (
    <fieldset className={css.reasons}>
      <legend>{t("why")}</legend>
      {LABEL_REASONS.map((kind, i) => (
        <Button
          key={kind}
          size="compact-sm"
          variant={kind === offered ? "filled" : "default"}
          leftSection={<kbd className={css.key}>{i + 1}</kbd>}
          onClick={() => take(kind)}
        >
          {t(`kind.${kind}` as "kind.spurious")}
        </Button>
      ))}
      <Button size="compact-sm" variant="subtle" onClick={back}>
        {t("cancel")}
      </Button>
      <TextInput
        w="100%"
        aria-label={t("sayMore")}
        placeholder={t("sayMore")}
        value={text}
        maxLength={1000}
        onChange={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter") take(offered);
          if (e.key === "Escape") back();
        }}
      />
    </fieldset>
  );
}

/** What was said of this label in earlier rounds. */
function LastRound() {
  const { session } = useDesk(),
    past = useSessionState((s) => s.past),
    focus = useEditorState((s) => s.focus ?? s.selection[0] ?? null);
  const said = past.filter((v) => v.label === focus && focus !== null && v.round < session.task.round);
  if (!said.length) return null;
  return (
    <Stack gap={2} mt="xs">
      <Text size="xs" fw={600}>
        {t("lastRound")}
      </Text>
      {said.map((v) => (
        <Text key={v.id} size="xs">
          {t(`verdict.${v.verdict}`)}
          {v.implicit ? ` (${t("implicit")})` : ""}
          {v.kind ? `: ${t(`kind.${v.kind}` as "kind.missing")}` : ""} {v.reason || v.comment}{" "}
          <Text span c="dimmed" size="xs">
            {v.reviewer}
          </Text>
        </Text>
      ))}
    </Stack>
  );
}
