import {
  Alert,
  Button,
  Group,
  List,
  Modal,
  NativeSelect,
  NumberInput,
  Progress,
  SegmentedControl,
  Stack,
  Text,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import {
  isJob,
  qualityKey,
  type RouteBudget,
  type RouteFilter,
  type RouteOrder,
  type RouteRule,
  route,
  useDryRoute,
} from "../../api/quality";
import type { Job, QualityRoute } from "../../api/types";
import { describeError } from "../../app/errors";
import { percent } from "../../app/format";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { TextLink } from "../../ui/links";
import { FormErrors, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";
import { BudgetFields, FilterFields } from "./RouteFields";
import { budgetOf, FIELDS, promiseOf, RULES, recallOf } from "./routing";
import { useStages } from "./useStages";

const SHOWN = 20;
const PAUSE = 500;

/** An answer at once, or at the end of its job. */
function Answer({ of, children }: { of: QualityRoute | Job; children: (answer: QualityRoute) => React.ReactNode }) {
  if (!isJob(of)) return children(of);
  return (
    <JobProgress key={of.id} id={of.id} title={say("counting")}>
      {(job) => children(job.result as unknown as QualityRoute)}
    </JobProgress>
  );
}

/** A share of the errors cannot be aimed at before it is known how many there are: says so, and what helps. */
function Unknown({ project, answer: { recall } }: { project: string; answer: QualityRoute }) {
  const told = Math.min(recall.audit_errors, recall.needed);
  return (
    <Alert color="yellow" title={say("recallRefused")} icon={<Icon name="alert-triangle" />}>
      <Stack gap={6}>
        <Text size="sm">{recallOf({ recall })}</Text>
        <Progress value={percent(told, recall.needed)} aria-label={say("errorsByChance")} />
        <TextLink to="/projects/$project/quality" params={{ project }} search={{ view: "certificate" }}>
          {say("drawHint")}
        </TextLink>
      </Stack>
    </Alert>
  );
}

function Promised({ answer }: { answer: QualityRoute }) {
  return (
    <div>
      <Text fw={600}>{promiseOf(answer)}</Text>
      <Text size="xs" c="dimmed">
        {recallOf(answer)}
        {answer.budget && ` ${budgetOf(answer.budget)}`}
      </Text>
    </div>
  );
}

function Done({ project, answer }: { project: string; answer: QualityRoute }) {
  return (
    <Stack gap={4}>
      <Text fw={600}>{say("sent", { count: answer.selected - answer.refused_count })}</Text>
      {answer.refused_count > 0 && (
        <>
          <Text size="sm">{say("refused", { count: answer.refused_count })}</Text>
          <List size="xs">
            {answer.refused.slice(0, SHOWN).map(({ task, detail }) => (
              <List.Item key={task}>
                <TextLink size="xs" to="/projects/$project/tasks/$task" params={{ project, task }}>
                  {task.slice(-6)}
                </TextLink>{" "}
                {detail}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Stack>
  );
}

interface Props {
  project: string;
  /** Where the slider of the histogram stands. */
  threshold: number;
  /** Which tasks are in question at first. */
  filter?: RouteFilter;
  onClose: () => void;
}

/** Sends what is likely wrong to those who can tell; says before what that would be. */
export function RouteDialog({ project, threshold, filter: first = {}, onClose }: Props) {
  const stages = useStages(project);
  const [rule, setRule] = useState<RouteRule>("threshold");
  const [value, setValue] = useState<number | string>(threshold);
  const [chosen, setChosen] = useState<string | null>(null);
  const [filter, setFilter] = useState(first);
  const [budget, setBudget] = useState<RouteBudget>({});
  const field = FIELDS[rule];
  const stage = chosen ?? stages[0]?.value ?? "";
  const given = typeof value === "number";
  const order: RouteOrder = {
    rule,
    value: given ? value * field.unit : 0,
    stage,
    filter,
    ...(rule === "budget" && { budget }),
  };
  const [asked] = useDebouncedValue(order, PAUSE);
  const settled = JSON.stringify(asked) === JSON.stringify(order);
  const send = useAction(() => route(project, order, false), {
    fields: [],
    forget: [qualityKey(project), ["projects", project, "stages"], ["projects", project, "tasks"]],
  });
  const dry = useDryRoute(project, asked, stage !== "" && given && !send.data);
  const unknown = rule === "target_recall" && dry.data && !isJob(dry.data) && !dry.data.recall.known;
  const pick = (next: string) => {
    setRule(next as RouteRule);
    setValue(next === "threshold" ? threshold : FIELDS[next as RouteRule].first);
  };
  return (
    <Modal opened onClose={onClose} title={say("route")} size="lg">
      {send.data ? (
        <Stack>
          <Answer of={send.data}>{(answer) => <Done project={project} answer={answer} />}</Answer>
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.close")}</Button>
          </Group>
        </Stack>
      ) : (
        <Stack gap="sm">
          <FormErrors errors={send.errors} />
          <SegmentedControl
            aria-label={say("rule")}
            fullWidth
            value={rule}
            onChange={pick}
            data={RULES.map((name) => ({ value: name, label: say(`rule_${name}`) }))}
            orientation={window.innerWidth < 600 ? "vertical" : "horizontal"}
          />
          <Group grow align="flex-start">
            <NumberInput
              label={say(`field_${rule}`)}
              value={value}
              onChange={setValue}
              min={field.least}
              max={field.most}
              step={field.step}
              clampBehavior="strict"
              data-autofocus
            />
            <NativeSelect
              label={say("toStage")}
              data={stages}
              value={stage}
              onChange={(event) => {
                setChosen(event.currentTarget.value);
                // Who works at one stage need not work at another.
                setBudget((old) => ({ ...old, person: undefined }));
              }}
            />
          </Group>
          {rule === "budget" && (
            <BudgetFields
              project={project}
              stage={stages.find(({ value: id }) => id === stage)}
              budget={budget}
              onChange={setBudget}
            />
          )}
          <FilterFields project={project} stages={stages} filter={filter} onChange={setFilter} />
          <div aria-live="polite" style={{ minHeight: 46 }}>
            {stages.length === 0 ? (
              <Text size="sm">{say("noStages")}</Text>
            ) : dry.error ? (
              <Alert color="red">{describeError(dry.error)}</Alert>
            ) : dry.data ? (
              <Answer of={dry.data}>
                {(answer) =>
                  asked.rule === "target_recall" && !answer.recall.known ? (
                    <Unknown project={project} answer={answer} />
                  ) : (
                    <Promised answer={answer} />
                  )
                }
              </Answer>
            ) : (
              <Loading />
            )}
          </div>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button
              loading={send.busy}
              disabled={!settled || !dry.data || dry.isPlaceholderData || dry.isError || unknown}
              onClick={() => send.run(undefined)}
            >
              {say("send")}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
