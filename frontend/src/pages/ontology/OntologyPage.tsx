import { Alert, Button, Grid, Group, Modal, Paper, Stack, Tabs, Text, TextInput } from "@mantine/core";
import { useBlocker, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { mayCreate, useMe } from "../../app/session";
import { useShortcuts } from "../../app/shortcuts";
import { t } from "../../app/t";
import { confirm } from "../../ui/confirm";
import { JobProgress } from "../../ui/JobProgress";
import { TextLink } from "../../ui/links";
import { Page } from "../../ui/Page";
import { Empty, FormErrors, Loading } from "../../ui/states";
import { Unavailable } from "../../ui/Unavailable";
import { AttributeList } from "./AttributeEditor";
import { ClassEditor } from "./ClassEditor";
import { ClassList } from "./ClassList";
import type { DraftOntology } from "./draft";
import { PlanView } from "./PlanView";
import { StepsEditor } from "./StepsEditor";
import { useOntology } from "./useOntology";

type Editing = ReturnType<typeof useOntology>;

function Classes({ draft, setDraft, problems }: { draft: DraftOntology } & Pick<Editing, "setDraft" | "problems">) {
  const [active, setActive] = useState<string | null>(draft.objects[0]?.key ?? null);
  const index = draft.objects.findIndex(({ key }) => key === active);
  const current = draft.objects[index];
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <ClassList
          value={draft.objects}
          active={active}
          onActive={setActive}
          problems={problems}
          onChange={(objects) => setDraft({ ...draft, objects })}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        {current ? (
          <Paper withBorder p="md">
            <ClassEditor
              key={current.key}
              value={current}
              problems={problems}
              onChange={(next) => setDraft({ ...draft, objects: draft.objects.with(index, next) })}
            />
          </Paper>
        ) : (
          <Empty icon="category" title={t("ontology.noClass")} hint={t("ontology.noClassHint")} />
        )}
      </Grid.Col>
    </Grid>
  );
}

function Conflict({ editing }: { editing: Editing }) {
  return (
    <Modal
      opened={editing.conflict}
      onClose={() => editing.setConflict(false)}
      title={t("ontology.conflict")}
      size="lg"
    >
      <Text size="sm">{t("ontology.conflictHint")}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="subtle" onClick={() => editing.setConflict(false)}>
          {t("common.cancel")}
        </Button>
        <Button variant="default" color="red" onClick={() => void editing.takeTheirs()}>
          {t("ontology.takeTheirs")}
        </Button>
        <Button data-autofocus onClick={() => void editing.bringOver()}>
          {t("ontology.bringOver")}
        </Button>
      </Group>
    </Modal>
  );
}

function Actions({ editing }: { editing: Editing }) {
  const { dirty, plan, save, setDraft } = editing;
  useShortcuts(
    dirty ? [{ keys: "mod+s", label: t("common.save"), group: t("help.page"), run: () => save.run(undefined) }] : [],
  );
  return (
    <>
      <Button variant="subtle" disabled={!dirty} onClick={() => setDraft(null)}>
        {t("common.discard")}
      </Button>
      <Button variant="default" disabled={!dirty} loading={plan.busy} onClick={() => plan.run(undefined)}>
        {t("ontology.plan")}
      </Button>
      <Button disabled={!dirty} loading={save.busy} onClick={() => save.run(undefined)}>
        {t("common.save")}
      </Button>
    </>
  );
}

/** Labels rewritten, and those that are asked at their next submit. */
function rewritten(result: unknown): { count: number; unanswered: number } {
  const { labels, unanswered } = (result ?? {}) as { labels?: number; unanswered?: number };
  return { count: labels ?? 0, unanswered: unanswered ?? 0 };
}

/** What may be labeled: classes, attributes and classifications, changed with a plan before it is saved. */
export default function OntologyPage() {
  const { ontology: id } = useParams({ from: "/inside/shell/ontologies/$ontology" });
  const me = useMe();
  const editing = useOntology(id);
  const { query, draft, setDraft, dirty, problems, plan, save } = editing;
  useBlocker({
    shouldBlockFn: async () => !(await confirm({ title: t("ontology.leave"), yes: t("common.discard"), danger: true })),
    disabled: !dirty,
    enableBeforeUnload: dirty,
  });
  if (query.error && !draft) return <Unavailable error={query.error} retry={() => void query.refetch()} />;
  if (!draft) return <Loading />;
  return (
    <Page
      title={draft.name}
      above={
        <TextLink to="/ontologies" size="xs">
          {t("nav.ontologies")}
        </TextLink>
      }
      actions={mayCreate(me) && <Actions editing={editing} />}
    >
      <Stack gap="md">
        <FormErrors errors={problems.size > 0 ? [] : [...plan.errors, ...save.errors]} />
        {problems.get("") && <Alert color="red">{problems.get("")}</Alert>}
        {editing.job && (
          <JobProgress id={editing.job} title={t("ontology.rewriting")}>
            {(job) => <Text size="sm">{t("ontology.rewritten", rewritten(job.result))}</Text>}
          </JobProgress>
        )}
        {editing.both.length > 0 && (
          <Alert color="yellow">{t("ontology.both", { names: editing.both.join(", ") })}</Alert>
        )}
        {plan.data && dirty && <PlanView plan={plan.data} />}
        <fieldset disabled={!mayCreate(me)} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <TextInput
            maw={420}
            mb="md"
            label={t("common.name")}
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          />
          <Tabs defaultValue="objects" keepMounted={false}>
            <Tabs.List mb="md">
              <Tabs.Tab value="objects">{t("ontology.objects", { count: draft.objects.length })}</Tabs.Tab>
              <Tabs.Tab value="classifications">
                {t("ontology.classifications", { count: draft.classifications.length })}
              </Tabs.Tab>
              <Tabs.Tab value="steps">{t("ontology.steps", { count: draft.steps.length })}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="objects">
              <Classes draft={draft} setDraft={setDraft} problems={problems} />
            </Tabs.Panel>
            <Tabs.Panel value="classifications">
              <Stack gap="sm" maw={720}>
                <Text size="sm" c="dimmed">
                  {t("ontology.classificationsHint")}
                </Text>
                <AttributeList
                  value={draft.classifications}
                  problems={problems}
                  addLabel={t("ontology.addClassification")}
                  onChange={(classifications) => setDraft({ ...draft, classifications })}
                />
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="steps">
              <StepsEditor draft={draft} problems={problems} onChange={(steps) => setDraft({ ...draft, steps })} />
            </Tabs.Panel>
          </Tabs>
        </fieldset>
      </Stack>
      <Conflict editing={editing} />
    </Page>
  );
}
