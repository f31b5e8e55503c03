import { Button, Group, NativeSelect, Slider } from "@mantine/core";
import { type GridClass, ORDERS } from "../../api/grid";
import { useCollaborators } from "../../api/projects";
import { LARGEST, SMALLEST } from "../../grid/layout";
import { Icon } from "../../ui/Icon";
import classes from "./GridPage.module.css";
import { say } from "./messages";
import { type GridSearch, KINDS } from "./search";

interface Props {
  project: string;
  search: GridSearch;
  known: readonly GridClass[];
  /** Whether the caller may see who works in the project. */
  seesPeople: boolean;
  cell: number;
  onCell: (cell: number) => void;
  onChange: (change: Partial<GridSearch>) => void;
}

/** What is shown, how it is sorted and how large: all but the size live in the address. */
export function FilterBar({ project, search, known, seesPeople, cell, onCell, onChange }: Props) {
  const people = useCollaborators(project, seesPeople).data?.results ?? [];
  const names = [...new Set([...known.map(({ name }) => name), ...(search.class ? [search.class] : [])])];
  return (
    <Group gap="xs">
      <NativeSelect
        aria-label={say("class")}
        value={search.class ?? ""}
        onChange={(event) => onChange({ class: event.currentTarget.value || undefined, predicted: undefined })}
        data={[{ value: "", label: say("anyClass") }, ...names]}
      />
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
        data={ORDERS.map((value) => ({ value, label: say(`order_${value}`) }))}
      />
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
    </Group>
  );
}
