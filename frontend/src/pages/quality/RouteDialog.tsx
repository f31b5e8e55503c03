import {
  Alert,
  Button,
  Group,
  List,
  Modal,
  NativeSelect,
  NumberInput,
  SegmentedControl,
  Stack,
  Text,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { isJob, qualityKey, type RouteOrder, type RouteRule, route, useDryRoute } from "../../api/quality";
import type { Job, QualityRoute } from "../../api/types";
import { describeError } from "../../app/errors";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { TextLink } from "../../ui/links";
import { FormErrors, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";
import { FIELDS, promiseOf, RULES, recallOf } from "./routing";
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

function Promised({ answer }: { answer: QualityRoute }) {
  return (
    <div>
      <Text fw={600}>{promiseOf(answer)}</Text>
      <Text size="xs" c="dimmed">
        {recallOf(answer)}
        {answer.budget && ` ${say("budgetLeft", { minutes: Math.round(answer.budget.left / 60) })}`}
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
  onClose: () => void;
}

/** Sends what is likely wrong to those who can tell; says before what that would be. */
export function RouteDialog({ project, threshold, onClose }: Props) {
  const stages = useStages(project);
  const [rule, setRule] = useState<RouteRule>("threshold");
  const [value, setValue] = useState<number | string>(threshold);
  const [chosen, setChosen] = useState<string | null>(null);
  const field = FIELDS[rule];
  const stage = chosen ?? stages[0]?.value ?? "";
  const given = typeof value === "number";
  const order: RouteOrder = { rule, value: given ? value * field.unit : 0, stage };
  const [asked] = useDebouncedValue(order, PAUSE);
  const settled = asked.rule === rule && asked.value === order.value && asked.stage === stage;
  const send = useAction(() => route(project, order, false), {
    fields: [],
    forget: [qualityKey(project), ["projects", project, "stages"], ["projects", project, "tasks"]],
  });
  const dry = useDryRoute(project, asked, stage !== "" && given && !send.data);
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
              onChange={(event) => setChosen(event.currentTarget.value)}
            />
          </Group>
          <div aria-live="polite" style={{ minHeight: 46 }}>
            {stages.length === 0 ? (
              <Text size="sm">{say("noStages")}</Text>
            ) : dry.error ? (
              <Alert color="red">{describeError(dry.error)}</Alert>
            ) : dry.data ? (
              <Answer of={dry.data}>{(answer) => <Promised answer={answer} />}</Answer>
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
              disabled={!settled || !dry.data || dry.isPlaceholderData || dry.isError}
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
