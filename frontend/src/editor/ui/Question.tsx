import { Checkbox, Group, NumberInput, Radio, Stack, Text, Textarea } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { answered, answerTo, choicesOf, choiceValue, nestedAnswers, optionOf, withNested } from "../core/ontology";
import type { Answer, Answers, Attribute, Choice } from "../core/types";
import css from "./Editor.module.css";
import { t } from "./words";

interface Props {
  attribute: Attribute;
  answers: Answers;
  onAnswer: (answers: Answers) => void;
  disabled: boolean;
  /** What is wrong with a question. */
  faultAt: (question: Attribute) => string | undefined;
}

/** One question with what its chosen options ask further. Digits choose options; T or Enter goes on. */
export function Question({ attribute: a, answers, onAnswer, disabled, faultAt }: Props) {
  const answer = answerTo(answers, a),
    fault = faultAt(a),
    set = (next: Answer) => onAnswer(answered(answers, a, next));
  const title = (
    <>
      {a.name}
      {a.required && (
        <Text span size="xs" c="dimmed">
          {" "}
          ({t("required")})
        </Text>
      )}
    </>
  );
  const common = { label: title, error: fault, disabled } as const;
  const below = (choice: Choice, replace: (next: Choice) => void) => {
    const nested = optionOf(a, choice)?.attributes.filter((n) => !n.archived) ?? [];
    return (
      nested.length > 0 && (
        <Stack gap={6} className={css.nested}>
          {nested.map((n) => (
            <Question
              key={n.id}
              attribute={n}
              answers={nestedAnswers(choice)}
              disabled={disabled}
              faultAt={faultAt}
              onAnswer={(next) => replace(withNested(choice, next))}
            />
          ))}
        </Stack>
      )
    );
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the fields inside
    <div
      className={css.question}
      data-question={a.id}
      data-fault={fault ? "" : undefined}
      onKeyDown={(e) => digits(e, a, answer, set, disabled)}
    >
      {a.type === "radio" && <OneOf a={a} answer={answer} set={set} common={common} below={below} />}
      {a.type === "checklist" && <ManyOf a={a} answer={answer} set={set} common={common} below={below} />}
      {a.type === "text" && <Words value={typeof answer === "string" ? answer : ""} set={set} common={common} />}
      {a.type === "number" && <Figure value={typeof answer === "number" ? answer : null} set={set} common={common} />}
      {a.type === "boolean" && (
        <Radio.Group
          {...common}
          size="xs"
          value={answer === true ? "yes" : answer === false ? "no" : ""}
          onChange={(v) => set(v === "yes")}
        >
          <Group gap="md" mt={4}>
            <Radio size="xs" value="yes" label={t("yes")} />
            <Radio size="xs" value="no" label={t("no")} />
          </Group>
        </Radio.Group>
      )}
    </div>
  );
}

interface Common {
  readonly label: React.ReactNode;
  readonly error: string | undefined;
  readonly disabled: boolean;
}
interface ChoiceProps {
  a: Attribute;
  answer: Answer;
  set: (answer: Answer) => void;
  common: Common;
  below: (choice: Choice, replace: (next: Choice) => void) => React.ReactNode;
}

const open = (a: Attribute, choices: readonly Choice[]) =>
  a.options.filter((o) => !o.archived || choices.some((c) => choiceValue(c) === o.value || choiceValue(c) === o.id));

function OneOf({ a, answer, set, common, below }: ChoiceProps) {
  const choices = choicesOf(answer),
    [chosen] = choices,
    current = chosen === undefined ? "" : (optionOf(a, chosen)?.value ?? choiceValue(chosen));
  return (
    <>
      <Radio.Group {...common} size="xs" value={current} onChange={set}>
        <Stack gap={8} mt={6}>
          {open(a, choices).map((o) => (
            <Radio key={o.id} size="xs" value={o.value} label={o.value} disabled={common.disabled} />
          ))}
        </Stack>
      </Radio.Group>
      {chosen !== undefined && below(chosen, set)}
      {chosen !== undefined && !a.required && !common.disabled && (
        <button type="button" className={css.plain} onClick={() => set(null)}>
          {t("clear")}
        </button>
      )}
    </>
  );
}

function ManyOf({ a, answer, set, common, below }: ChoiceProps) {
  const choices = choicesOf(answer),
    values = choices.map((c) => optionOf(a, c)?.value ?? choiceValue(c));
  const change = (next: string[]) => set(next.map((v) => choices[values.indexOf(v)] ?? v));
  return (
    <Checkbox.Group {...common} size="xs" value={values} onChange={change}>
      <Stack gap={8} mt={6}>
        {open(a, choices).map((o) => {
          const at = values.indexOf(o.value),
            choice = choices[at];
          return (
            <div key={o.id}>
              <Checkbox value={o.value} label={o.value} disabled={common.disabled} />
              {choice !== undefined && below(choice, (next) => set(choices.map((c, i) => (i === at ? next : c))))}
            </div>
          );
        })}
      </Stack>
    </Checkbox.Group>
  );
}

/** Text becomes a change when the field is left, not at every letter: one edit, one undo. */
function Words({ value, set, common }: { value: string; set: (answer: Answer) => void; common: Common }) {
  const [text, setText] = useState(value),
    [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  return (
    <Textarea
      {...common}
      autosize
      minRows={1}
      maxRows={6}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={() => {
        if (text !== value) set(text);
      }}
    />
  );
}

function Figure({ value, set, common }: { value: number | null; set: (answer: Answer) => void; common: Common }) {
  const [text, setText] = useState<string | number>(value ?? ""),
    [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value ?? "");
  }
  return (
    <NumberInput
      {...common}
      value={text}
      onChange={setText}
      onBlur={() => {
        const next = text === "" ? null : Number(text);
        if (next !== value && (next === null || Number.isFinite(next))) set(next);
      }}
    />
  );
}

function digits(
  e: KeyboardEvent,
  a: Attribute,
  answer: Answer,
  set: (answer: Answer) => void,
  disabled: boolean,
): void {
  const typing =
    e.target instanceof HTMLTextAreaElement || (e.target instanceof HTMLInputElement && e.target.type === "text");
  if (typing || disabled || e.ctrlKey || e.metaKey || e.altKey) return;
  const at = Number(e.key) - 1,
    option = a.options.filter((o) => !o.archived)[at];
  if (a.type === "boolean" && (at === 0 || at === 1)) set(at === 0);
  else if (option && a.type === "radio") set(option.value);
  else if (option && a.type === "checklist") {
    const choices = choicesOf(answer),
      has = choices.some((c) => choiceValue(c) === option.value || choiceValue(c) === option.id);
    set(
      has
        ? choices.filter((c) => choiceValue(c) !== option.value && choiceValue(c) !== option.id)
        : [...choices, option.value],
    );
  } else if (e.key === "t" || e.key === "Enter") nextQuestion(e.currentTarget as HTMLElement);
  else return;
  e.preventDefault();
  e.stopPropagation();
}

function nextQuestion(from: HTMLElement): void {
  const all = [...document.querySelectorAll<HTMLElement>("[data-question]")],
    next = all[all.indexOf(from) + 1];
  const target =
    next?.querySelector<HTMLElement>("input, textarea") ?? document.querySelector<HTMLElement>("[data-canvas]");
  target?.focus();
}
