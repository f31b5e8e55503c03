import { Button, Group, NativeSelect, NumberInput, Paper, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { qualityKey, qualityPath, usePolicy } from "../../api/quality";
import type { QualityPolicy } from "../../api/types";
import { t } from "../../app/t";
import { IconButton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { FormErrors, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { say } from "./messages";
import css from "./Policy.module.css";
import { duration } from "./plots/scale";
import { type DailyBudget, nextBudget, ownerOf, withOwner } from "./policy";
import { useJudges, useSkills } from "./RouteFields";
import { useStages } from "./useStages";

type Choice = { value: string; label: string };

interface BudgetProps {
  budget: DailyBudget;
  owners: { people: readonly Choice[]; skills: readonly string[] };
  account: QualityPolicy["budgets"][number] | undefined;
  removable: boolean;
  onChange: (budget: DailyBudget) => void;
  onRemove: () => void;
}

/** Minutes a day of somebody, of a skill or of anybody, and what became of today's. */
function Budget({ budget, owners: { people, skills }, account, removable, onChange, onRemove }: BudgetProps) {
  const owner = ownerOf(budget);
  const groups = [
    { group: say("people"), items: people.map(({ value, label }) => ({ value: `person:${value}`, label })) },
    { group: say("skills"), items: skills.map((value) => ({ value: `skill:${value}`, label: value })) },
  ].filter(({ items }) => items.length > 0);
  const listed = owner === "" || groups.some(({ items }) => items.some(({ value }) => value === owner));
  return (
    <li className={css.budget}>
      <NativeSelect
        label={say("budgetOf")}
        value={owner}
        data={[
          { value: "", label: say("anybody") },
          ...groups,
          // Somebody who has left the project, or its stage, since.
          ...(listed ? [] : [{ value: owner, label: say("ownerGone") }]),
        ]}
        onChange={(event) => onChange(withOwner(budget, event.currentTarget.value))}
      />
      <NumberInput
        label={say("minutesADay")}
        w={120}
        value={budget.seconds_per_day / 60}
        min={1}
        max={16_000}
        onChange={(value) => typeof value === "number" && onChange({ ...budget, seconds_per_day: value * 60 })}
      />
      {removable && <IconButton icon="x" label={say("removeBudget")} onClick={onRemove} />}
      {account && (
        <Text size="xs" c="dimmed" className={css.account}>
          {say("today", { left: duration(account.left), spent: duration(account.spent) })}
          {account.carried > 0 && ` ${say("carried", { time: duration(account.carried) })}`}
        </Text>
      )}
    </li>
  );
}

function Form({ project, policy }: { project: string; policy: QualityPolicy }) {
  const stages = useStages(project);
  const [enabled, setEnabled] = useState(policy.enabled);
  const [chosen, setChosen] = useState(policy.to_stage);
  const [budgets, setBudgets] = useState<DailyBudget[]>(
    policy.budgets.length > 0
      ? policy.budgets.map(({ person, skill, seconds_per_day }) => ({ person, skill, seconds_per_day }))
      : [{ person: null, skill: null, seconds_per_day: 3_600 }],
  );
  const stage = chosen || stages[0]?.value || "";
  const people = useJudges(
    project,
    stages.find(({ value }) => value === stage),
  );
  const skills = useSkills(project);
  const owners = ["", ...people.map(({ value }) => `person:${value}`), ...skills.map((skill) => `skill:${skill}`)];
  const next = nextBudget(budgets, owners);
  const save = useAction(
    () => api.put<QualityPolicy>(qualityPath(project, "policy/"), { enabled, to_stage: stage, budgets }),
    { fields: ["to_stage"], forget: [[...qualityKey(project), "policy/"]], done: t("common.saved") },
  );
  const account = (budget: DailyBudget) =>
    policy.enabled ? policy.budgets.find((one) => ownerOf(one) === ownerOf(budget)) : undefined;
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FormErrors errors={save.errors} />
        <Text size="xs" c="dimmed">
          {say("policyHint")}
        </Text>
        <Switch
          label={say("policyOn")}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <NativeSelect
          label={say("toStage")}
          maw={240}
          data={stages}
          value={stage}
          error={save.fieldErrors.to_stage}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
        <ul className={css.budgets} aria-label={say("budgets")}>
          {budgets.map((budget, at) => (
            <Budget
              // biome-ignore lint/suspicious/noArrayIndexKey: a budget is its place while it is edited.
              key={at}
              budget={budget}
              owners={{ people, skills }}
              account={account(budget)}
              removable={budgets.length > 1}
              onChange={(changed) => setBudgets((old) => old.map((one, other) => (other === at ? changed : one)))}
              onRemove={() => setBudgets((old) => old.filter((_, other) => other !== at))}
            />
          ))}
        </ul>
        <Group justify="space-between">
          <Button
            variant="subtle"
            disabled={!next}
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => next && setBudgets((old) => [...old, next])}
          >
            {say("addBudget")}
          </Button>
          <Button variant="default" loading={save.busy} disabled={!stage} onClick={() => save.run(undefined)}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

/** What was ordered; what a day has spent changes by itself and must not undo what somebody is typing. */
const orderOf = ({ enabled, to_stage, budgets }: QualityPolicy): string =>
  JSON.stringify([enabled, to_stage, budgets.map((one) => [ownerOf(one), one.seconds_per_day])]);

/** What is sent every day by itself, and on whose time. */
export function Policy({ project }: { project: string }) {
  return (
    <Loaded query={usePolicy(project)}>
      {(policy) => <Form key={orderOf(policy)} project={project} policy={policy} />}
    </Loaded>
  );
}
