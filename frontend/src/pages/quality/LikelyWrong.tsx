import { Badge, Button, Checkbox, Group, NativeSelect, Text } from "@mantine/core";
import { useState } from "react";
import { useGridClasses } from "../../api/grid";
import { useProject } from "../../api/projects";
import { useLikelyWrong } from "../../api/quality";
import type { QualityLabel } from "../../api/types";
import { TextLink } from "../../ui/links";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed, Loading } from "../../ui/states";
import { Crop } from "./Crop";
import { GridLink } from "./GridLink";
import { KINDS } from "./kinds";
import css from "./LikelyWrong.module.css";
import { kindWords, say } from "./messages";
import { share } from "./plots/scale";
import { RouteDialog } from "./RouteDialog";
import { SendDialog } from "./SendDialog";

const SHOWN = 20;

interface RowProps {
  project: string;
  label: QualityLabel;
  place: number;
  crops: boolean;
  selected: boolean;
  onToggle: () => void;
}

function Row({ project, label, place, crops, selected, onToggle }: RowProps) {
  return (
    <li className={css.row} data-selected={selected || undefined}>
      <Checkbox aria-label={say("selectOne", { class: label.class, place })} checked={selected} onChange={onToggle} />
      {crops && <Crop tile={label} />}
      <div className={css.words}>
        <Group gap={6}>
          <TextLink to="/projects/$project/tasks/$task" params={{ project, task: label.task }}>
            {label.class}
          </TextLink>
          {label.kind && <Badge>{kindWords(label.kind)}</Badge>}
        </Group>
        <Text size="xs" c="dimmed">
          {label.evidence}
        </Text>
      </div>
      <Text size="sm" className={css.number} title={say(label.calibrated ? "calibrated" : "uncalibrated")}>
        {share(label.p_error)}
      </Text>
    </li>
  );
}

interface Filter {
  class: string;
  kind: string;
}

function Filters({ project, filter, onChange }: { project: string; filter: Filter; onChange: (to: Filter) => void }) {
  const classes = useGridClasses(useProject(project).data?.ontology).data ?? [];
  return (
    <>
      <NativeSelect
        aria-label={say("ofClass")}
        value={filter.class}
        onChange={(event) => onChange({ ...filter, class: event.currentTarget.value })}
        data={[{ value: "", label: say("anyClass") }, ...classes.map(({ name }) => name)]}
      />
      <NativeSelect
        aria-label={say("ofKind")}
        value={filter.kind}
        onChange={(event) => onChange({ ...filter, kind: event.currentTarget.value })}
        data={[{ value: "", label: say("anyKind") }, ...KINDS.map((value) => ({ value, label: kindWords(value) }))]}
      />
      <GridLink project={project} class={filter.class} kind={filter.kind}>
        {say("openGrid")}
      </GridLink>
    </>
  );
}

/** The labels, and the objects without one, that are the likeliest to be wrong; what is selected can be sent on. */
export function LikelyWrong({ project }: { project: string }) {
  const [filter, setFilter] = useState<Filter>({ class: "", kind: "" });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [sending, setSending] = useState<"selected" | "filtered" | null>(null);
  const asked = { class: filter.class || undefined, kind: filter.kind || undefined };
  const list = useLikelyWrong(project, { ...asked, limit: SHOWN });
  const tasks = [...new Set(list.rows.map(({ task }) => task))];
  const chosen = tasks.filter((task) => selected.has(task));
  const crops = list.rows.some(({ atlas_url }) => atlas_url !== null);
  const toggle = (task: string) =>
    setSelected((old) => {
      const next = new Set(old);
      if (!next.delete(task)) next.add(task);
      return next;
    });
  const close = () => setSending(null);
  return (
    <Section title={say("likelyWrong")} actions={<Filters project={project} filter={filter} onChange={setFilter} />}>
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.loading && <Loading />}
      {!list.loading && !list.error && tasks.length === 0 && (
        <Text size="sm" c="dimmed">
          {say("noneLikely")}
        </Text>
      )}
      {tasks.length > 0 && (
        <Group gap="sm" mih={30} mb={4}>
          <Checkbox
            label={say("selectAll")}
            checked={chosen.length === tasks.length}
            indeterminate={chosen.length > 0 && chosen.length < tasks.length}
            onChange={(event) => setSelected(new Set(event.currentTarget.checked ? tasks : []))}
          />
          <Button variant="default" disabled={chosen.length === 0} onClick={() => setSending("selected")}>
            {say("sendSelected", { count: chosen.length })}
          </Button>
          {(filter.class || filter.kind) && (
            <Button variant="default" onClick={() => setSending("filtered")}>
              {say("sendFiltered")}
            </Button>
          )}
        </Group>
      )}
      <ul className={css.list}>
        {list.rows.map((label, at) => (
          <Row
            key={label.id}
            project={project}
            label={label}
            place={at + 1}
            crops={crops}
            selected={selected.has(label.task)}
            onToggle={() => toggle(label.task)}
          />
        ))}
      </ul>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      {sending === "selected" && (
        <SendDialog project={project} tasks={chosen} onClose={close} onSent={() => setSelected(new Set())} />
      )}
      {sending === "filtered" && <RouteDialog project={project} threshold={0.5} filter={asked} onClose={close} />}
    </Section>
  );
}
