import { SimpleGrid, Stack } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useAssistant, useFinetunes, useModels } from "../../api/inference";
import { useProject } from "../../api/projects";
import type { Project } from "../../api/types";
import { manages } from "../../app/session";
import { t } from "../../app/t";
import { Page, Section } from "../../ui/Page";
import { Empty, Loaded } from "../../ui/states";
import { Embeddings } from "./Embeddings";
import { Finetuning } from "./Finetuning";
import { ModelCard } from "./ModelCard";
import { say } from "./messages";
import { Predictors } from "./Predictors";

function Parts({ project }: { project: Project }) {
  const assistant = useAssistant(project.id);
  const models = useModels();
  const list = useFinetunes(project.id);
  return (
    <Loaded query={assistant}>
      {(chosen) => (
        <Loaded query={models}>
          {(all) => (
            <>
              <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing={0}>
                <Section title={say("editor")}>
                  <ModelCard project={project.id} assistant={chosen} models={all} runs={list.rows} />
                </Section>
                <Stack gap={0}>
                  <Section title={say("embeddings")}>
                    <Embeddings project={project.id} assistant={chosen} />
                  </Section>
                  <Section title={say("prelabels")}>
                    <Predictors project={project.id} models={all} />
                  </Section>
                </Stack>
              </SimpleGrid>
              <Section title={say("finetune")}>
                <Finetuning project={project} assistant={chosen} models={all} list={list} />
              </Section>
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

/** What helps people with the images of a project: who answers clicks, what is ready, what labels ahead, what is learnt. */
export default function AssistantPage() {
  const { project: id } = useParams({ from: "/inside/shell/projects/$project/assistant" });
  const query = useProject(id);
  return (
    <Page title={t("nav.assistant")} hint={say("hint")}>
      <Loaded query={query}>
        {(project) =>
          manages(project.my_roles) ? (
            <Parts project={project} />
          ) : (
            <Empty icon="lock" title={t("error.forbidden")} hint={say("notYours")} />
          )
        }
      </Loaded>
    </Page>
  );
}
