import { Button, NativeSelect, Slider } from "@mantine/core";
import { type GridAnswer, type GridClass, ORDERS } from "../../api/grid";
import { useCollaborators } from "../../api/projects";
import { LARGEST, SMALLEST } from "../../grid/layout";
import { Icon } from "../../ui/Icon";
import classes from "./GridPage.module.css";
import { say } from "./messages";
import { answersOf, type GridSearch, KINDS, MISSING } from "./search";

interface Props {
  project: string;
  search: GridSearch;
  known: readonly GridClass[];
  /** Whether the caller may see who works in the project. */
  seesPeople: boolean;
  /** Where tasks with reported labels can be sent. */
  stages: readonly { value: string; label: string }[];
  cell: number;
  onCell: (cell: number) => void;
  onChange: (change: Partial<GridSearch>) => void;
}

const wordsOf = (question: string, answer: GridAnswer): string => {
  const words = typeof answer === "boolean" ? say(answer ? "yes" : "no") : String(answer);
  return say("answerOf", { question, answer: words });
};

/** The answers that a class can be narrowed to; the address may name one that no list has. */
function Answers({ search, known, onChange }: Pick<Props, "search" | "known" | "onChange">) {
  const { class: of, attribute = "", answer } = search;
  const chosen = answer === undefined ? "" : JSON.stringify([attribute, answer]);
  const listed = answersOf(known.find(({ name }) => name === of)).flatMap(({ name, answers }) =>
    answers.map((one) => ({ value: JSON.stringify([name, one]), label: wordsOf(name, one) })),
  );
  if (listed.length === 0 && !chosen) return null;
  if (answer !== undefined && !listed.some(({ value }) => value === chosen))
    listed.push({ value: chosen, label: wordsOf(attribute, answer) });
  const pick = (picked: string) => {
    const [name, value] = picked ? (JSON.parse(picked) as [string, GridAnswer]) : [];
    onChange({ attribute: name, answer: value });
  };
  return (
    <NativeSelect
      aria-label={say("answer")}
      value={chosen}
      onChange={(event) => pick(event.currentTarget.value)}
      data={[{ value: "", label: say("anyAnswer") }, ...listed]}
    />
  );
}

/** What is shown, how it is sorted and how large: all but the size live in the address. */
export function FilterBar({ project, search, known, seesPeople, stages, cell, onCell, onChange }: Props) {
  const people = useCollaborators(project, seesPeople).data?.results ?? [];
  const missing = search.kind === MISSING;
  const names = [...new Set([...known.map(({ name }) => name), ...(search.class ? [search.class] : [])])];
  return (
    <div className={classes.filters}>
      <NativeSelect
        aria-label={say("class")}
        value={search.class ?? ""}
        onChange={(event) =>
          onChange({
            class: event.currentTarget.value || undefined,
            predicted: undefined,
            attribute: undefined,
            answer: undefined,
          })
        }
        data={[{ value: "", label: say("anyClass") }, ...names]}
      />
      {!missing && <Answers search={search} known={known} onChange={onChange} />}
      <NativeSelect
        aria-label={say("kind")}
        value={search.kind ?? ""}
        onChange={(event) => onChange({ kind: (event.currentTarget.value || undefined) as GridSearch["kind"] })}
        data={[
          { value: "", label: say("anyKind") },
          ...KINDS.map((value) => ({ value, label: value.replaceAll("_", " ") })),
        ]}
      />
      {people.length > 0 && (
        <NativeSelect
          aria-label={say("annotator")}
          value={search.annotator ?? ""}
          onChange={(event) => onChange({ annotator: event.currentTarget.value || undefined })}
          data={[
            { value: "", label: say("anyone") },
            ...people.map(({ person, name, email }) => ({ value: person, label: name || email })),
          ]}
        />
      )}
      <NativeSelect
        aria-label={say("order")}
        value={search.order ?? "mistakenness"}
        onChange={(event) => onChange({ order: event.currentTarget.value as GridSearch["order"] })}
        data={ORDERS.filter((value) => !missing || value !== "random").map((value) => ({
          value,
          label: say(`order_${value}`),
        }))}
      />
      {!missing && (
        <NativeSelect
          aria-label={say("stage")}
          value={search.stage ?? ""}
          onChange={(event) => onChange({ stage: event.currentTarget.value || undefined })}
          data={[
            { value: "", label: say("noStage") },
            ...stages.map(({ value, label }) => ({ value, label: say("toStage", { stage: label }) })),
          ]}
        />
      )}
      {search.predicted && search.class && (
        <Button
          variant="light"
          rightSection={<Icon name="x" size={12} />}
          aria-label={say("clearConfusion")}
          onClick={() => onChange({ predicted: undefined })}
        >
          {say("confusion", { label: search.class, predicted: search.predicted })}
        </Button>
      )}
      <Slider
        className={classes.size}
        thumbLabel={say("size")}
        label={null}
        min={SMALLEST}
        max={LARGEST}
        step={8}
        value={cell}
        onChange={onCell}
      />
    </div>
  );
}
