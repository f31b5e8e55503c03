import { Button, Group, NativeSelect, NumberInput, Stack, Text } from "@mantine/core";
import { newId } from "../core/ids";
import { faultOf } from "../core/kinds";
import type { Answers, Attribute, DrawnLabel, Label } from "../core/types";
import { useDesk, useEditorState, useSessionState } from "./context";
import css from "./Editor.module.css";
import { Panel } from "./Panel";
import { Question } from "./Question";
import { t } from "./words";

/** What is asked about the selected label, and its figures for those who place by number. */
export function Attributes() {
  const { editor } = useDesk(),
    selection = useEditorState((s) => s.selection),
    readOnly = useEditorState((s) => s.readOnly);
  useEditorState((s) => s.version);
  const [label, second] = selection.flatMap((id) => editor.scene.get(id) ?? []);
  const remove = !readOnly && label && (
    <Button variant="subtle" color="red" size="compact-xs" onClick={() => editor.remove("Delete", selection)}>
      {t("delete")}
    </Button>
  );
  return (
    <Panel title={t("attributes")} aside={remove}>
      {!label && <p className={css.empty}>{t("noSelection")}</p>}
      {label && second && <p className={css.empty}>{t("manySelected", { count: selection.length })}</p>}
      {label && !second && label.shape !== "classification" && (
        <OneLabel key={label.id} label={label} readOnly={readOnly} />
      )}
    </Panel>
  );
}

function OneLabel({ label, readOnly }: { label: DrawnLabel; readOnly: boolean }) {
  const { editor } = useDesk(),
    questions = editor.vocabulary.questionsOf(label);
  const classes = editor.vocabulary.ontology.objects.filter(
    (c) => c.shape === label.shape && (!c.archived || c.id === label.class),
  );
  return (
    <Stack gap="xs">
      <NativeSelect
        label={t("changeClass")}
        disabled={readOnly}
        value={label.class}
        data={classes.map((c) => ({ value: c.id, label: c.name }))}
        onChange={(e) => editor.reclassify(e.currentTarget.value)}
      />
      <Figures label={label} readOnly={readOnly} />
      <Questions label={label} readOnly={readOnly} />
      <MadeBy label={label} />
      {!questions.length && (
        <Text size="xs" c="dimmed">
          {t("noAttributes")}
        </Text>
      )}
    </Stack>
  );
}

/** What a model had to do with the label. */
function MadeBy({ label: { origin } }: { label: DrawnLabel }) {
  if (origin?.kind !== "model" || !origin.model) return null;
  const { prompts, model, edited } = origin,
    score = prompts && "score" in prompts && typeof prompts.score === "number" ? prompts.score.toFixed(2) : null;
  return (
    <Text size="xs" c="dimmed">
      {score ? t("madeByScore", { model, score }) : t("madeBy", { model })}
      {edited ? t("editedSince") : ""}
    </Text>
  );
}

function Questions({ label, readOnly }: { label: Label; readOnly: boolean }) {
  const { editor } = useDesk(),
    faults = useSessionState((s) => s.faults);
  const faultAt = (q: Attribute) => faults.find((f) => f.question === label.id && isAbout(f.path, q))?.detail;
  const answer = (attributes: Answers) => editor.put("Answer", { ...label, attributes });
  return editor.vocabulary
    .questionsOf(label)
    .map((a) => (
      <Question
        key={a.id}
        attribute={a}
        answers={label.attributes}
        onAnswer={answer}
        disabled={readOnly}
        faultAt={faultAt}
      />
    ));
}

/** Paths found here are ids, those of the server names; either ends at the question. */
const isAbout = (path: readonly string[], q: Attribute): boolean => path.at(-1) === q.id || path.at(-1) === q.name;

type Field = {
  readonly name: "x" | "y" | "width" | "height" | "angle";
  readonly value: number;
  readonly set: (v: number) => DrawnLabel;
};

function fieldsOf(label: DrawnLabel): Field[] {
  if (label.shape === "bounding_box") {
    const g = label.geometry;
    return (["x", "y", "width", "height"] as const).map((name) => ({
      name,
      value: g[name],
      set: (v) => ({ ...label, geometry: { ...g, [name]: v } }),
    }));
  }
  if (label.shape === "keypoint") {
    const g = label.geometry;
    return (["x", "y"] as const).map((name) => ({
      name,
      value: g[name],
      set: (v) => ({ ...label, geometry: { ...g, [name]: v } }),
    }));
  }
  if (label.shape === "rotatable_bounding_box") {
    const g = label.geometry;
    return (["width", "height", "angle"] as const).map((name) => ({
      name,
      value: g[name],
      set: (v) => ({ ...label, geometry: { ...g, [name]: v } }),
    }));
  }
  return [];
}

/** Place and size by number: the way without dragging that WCAG 2.5.7 asks for. */
function Figures({ label, readOnly }: { label: DrawnLabel; readOnly: boolean }) {
  const { editor } = useDesk(),
    fields = fieldsOf(label);
  const change = (field: Field, v: string | number) => {
    const value = Number(v),
      next = field.set(value);
    if (v === "" || !Number.isFinite(value) || value === field.value || faultOf(next)) return;
    const item = editor.scene.item(label.id),
      { width, height } = editor.image;
    if (!item || outside(next, width, height)) return editor.say(t("outside"), "warning");
    editor.put("Set figures", next);
  };
  if (!fields.length) return null;
  return (
    <Group gap={6} grow wrap="nowrap">
      {fields.map((f) => (
        <NumberInput
          key={`${f.name}${f.value}`}
          label={t(f.name)}
          defaultValue={f.value}
          disabled={readOnly}
          hideControls
          decimalScale={2}
          onBlur={(e) => change(f, e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter") change(f, e.currentTarget.value);
          }}
        />
      ))}
    </Group>
  );
}

function outside(label: DrawnLabel, width: number, height: number): boolean {
  if (label.shape === "bounding_box") {
    const g = label.geometry;
    return g.x < 0 || g.y < 0 || g.x + g.width > width || g.y + g.height > height;
  }
  if (label.shape !== "keypoint") return false;
  return label.geometry.x < 0 || label.geometry.y < 0 || label.geometry.x > width || label.geometry.y > height;
}

/** Questions about the image as a whole: each answer is a label of its own. */
export function ImageQuestions() {
  const { editor } = useDesk(),
    readOnly = useEditorState((s) => s.readOnly),
    faults = useSessionState((s) => s.faults);
  useEditorState((s) => s.version);
  const { vocabulary, scene } = editor;
  if (!vocabulary.questions.length) return null;
  return (
    <Panel title={t("image")}>
      <Stack gap="xs">
        {vocabulary.questions.map((q) => {
          const label = scene
            .list()
            .find((l) => l.shape === "classification" && vocabulary.classification(l.class)?.id === q.id);
          const answer = (attributes: Answers) => {
            if (!Object.keys(attributes).length) return label && editor.remove("Clear the answer", [label.id]);
            editor.put(
              "Answer",
              label
                ? { ...label, attributes }
                : { id: newId(), class: q.id, shape: "classification", geometry: null, attributes },
            );
          };
          const faultAt = (a: Attribute) =>
            faults.find((f) => f.label === null && f.question === q.id && isAbout(f.path, a))?.detail;
          return (
            <Question
              key={q.id}
              attribute={q}
              answers={label?.attributes ?? {}}
              onAnswer={answer}
              disabled={readOnly}
              faultAt={faultAt}
            />
          );
        })}
      </Stack>
    </Panel>
  );
}
