import { Button, Group, Paper, Stepper, Title } from "@mantine/core";
import { useState } from "react";
import { mayCreate, useMe } from "../../app/session";
import { t } from "../../app/t";
import { JobProgress } from "../../ui/JobProgress";
import { LinkButton } from "../../ui/links";
import { Page } from "../../ui/Page";
import { Empty, FormErrors } from "../../ui/states";
import { DataStep } from "./DataStep";
import { NameStep } from "./NameStep";
import classes from "./NewProjectPage.module.css";
import { OntologyStep } from "./OntologyStep";
import { useNewProject } from "./useNewProject";
import { WorkflowStep } from "./WorkflowStep";

const STEPS = ["name", "ontology", "workflow", "data"] as const;

/** Four questions make a project. Nothing is created before the last button, except what is uploaded on the way. */
export default function NewProjectPage() {
  const me = useMe();
  const [step, setStep] = useState(0);
  const { draft, change, create, jobId, finished } = useNewProject();
  const ready = [draft.name.trim() !== "", draft.ontology !== "", draft.workflow !== "", true];
  if (!mayCreate(me)) {
    return (
      <Page title={t("projects.new")} narrow>
        <Empty icon="lock" title={t("error.forbidden")} hint={t("projects.noneHint")} />
      </Page>
    );
  }
  const last = step === STEPS.length - 1;
  return (
    <Page title={t("projects.new")} narrow>
      <Stepper
        active={step}
        onStepClick={setStep}
        size="xs"
        allowNextStepsSelect={false}
        mb="md"
        classNames={{ stepBody: classes.label }}
      >
        {STEPS.map((name) => (
          <Stepper.Step key={name} label={t(`wizard.${name}`)} />
        ))}
      </Stepper>
      <Title order={2} mb="xs" hiddenFrom="sm">
        {t(`wizard.${STEPS[step] ?? "name"}`)}
      </Title>
      <Paper withBorder p="md">
        {step === 0 && (
          <NameStep
            draft={draft}
            change={change}
            error={create.fieldErrors.name}
            onEnter={() => ready[0] && setStep(1)}
          />
        )}
        {step === 1 && <OntologyStep draft={draft} change={change} />}
        {step === 2 && <WorkflowStep draft={draft} change={change} />}
        {step === 3 && <DataStep draft={draft} change={change} />}
      </Paper>
      {create.errors.length > 0 && <FormErrors errors={create.errors} />}
      {jobId && <JobProgress id={jobId} title={t("wizard.making")} onSucceeded={finished} />}
      <Group justify="space-between" mt="md">
        {step === 0 ? (
          <LinkButton to="/projects" variant="default">
            {t("common.cancel")}
          </LinkButton>
        ) : (
          <Button variant="default" onClick={() => setStep(step - 1)}>
            {t("common.back")}
          </Button>
        )}
        {last ? (
          <Button
            loading={create.busy}
            disabled={!ready.every(Boolean) || jobId !== null}
            onClick={() => create.run(undefined)}
          >
            {t("wizard.create")}
          </Button>
        ) : (
          <Button disabled={!ready[step]} onClick={() => setStep(step + 1)}>
            {t("common.next")}
          </Button>
        )}
      </Group>
    </Page>
  );
}
