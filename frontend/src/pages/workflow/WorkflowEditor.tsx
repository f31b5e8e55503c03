import { Alert, Button, Group, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useStages } from "../../api/projects";
import type { GraphProblem } from "../../api/types";
import type { PublishedWorkflow } from "../../api/workflows";
import { t } from "../../app/t";
import { RouterPreviews } from "../../builder/preview/RouterPreviews";
import { confirm } from "../../ui/confirm";
import { Icon } from "../../ui/Icon";
import { Loading } from "../../ui/states";
import { formatGraph, parseGraph } from "./graphText";
import { PublishDialog } from "./PublishDialog";
import { useValidation } from "./useValidation";

const Graph = lazy(() => import("../../builder/Graph"));

interface Props {
  project: string;
  published: PublishedWorkflow;
  editable: boolean;
  onPublished: (job: string | null) => void;
}

function ProblemList({ problems, color, title }: { problems: readonly GraphProblem[]; color: string; title: string }) {
  if (problems.length === 0) return null;
  return (
    <Alert color={color} icon={<Icon name="alert-triangle" />} title={title}>
      {problems.map((problem) => (
        <Text key={`${problem.code} ${problem.stage} ${problem.detail}`} size="sm">
          {problem.stage && <b>{problem.stage}: </b>}
          {problem.detail}
        </Text>
      ))}
    </Alert>
  );
}

/** The graph drawn beside its JSON, judged by the server while one types. */
export function WorkflowEditor({ project, published, editable, onPublished }: Props) {
  const original = useMemo(() => formatGraph(published.graph), [published.graph]);
  // Only what was typed: a newer version takes the place of the old one, never that of somebody's work.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? original;
  const [publishing, setPublishing] = useState(false);
  const navigate = useNavigate();
  const counts = useStages(project).data;
  const parsed = useMemo(() => parseGraph(text), [text]);
  // While a key stroke leaves no JSON behind, what stands beside the text stays.
  const [drawn, setDrawn] = useState(published.graph);
  if (parsed.graph && parsed.graph !== drawn) setDrawn(parsed.graph);
  const dirty = text !== original;
  const { report, checking } = useValidation(text);
  const faulty = useMemo(
    () => new Set((report?.errors ?? []).flatMap(({ stage }) => (stage ? [stage] : []))),
    [report],
  );
  const openStage = (stage: string) =>
    void navigate({ to: "/projects/$project/tasks", params: { project }, search: { stage } });
  useBlocker({
    shouldBlockFn: async () => !(await confirm({ title: t("ontology.leave"), yes: t("common.discard"), danger: true })),
    disabled: !dirty,
    enableBeforeUnload: dirty,
  });
  return (
    <Stack gap="md">
      <Suspense fallback={<Loading />}>
        <Graph
          graph={parsed.graph ?? published.graph}
          counts={dirty ? undefined : counts}
          faulty={faulty}
          onStage={openStage}
          height={380}
        />
      </Suspense>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Textarea
          label={t("workflow.json")}
          description={editable ? t("workflow.jsonHint") : t("workflow.readOnly")}
          value={text}
          readOnly={!editable}
          autosize
          minRows={14}
          maxRows={32}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Stack gap="sm">
          <div aria-live="polite">
            {parsed.error && (
              <Alert color="red" icon={<Icon name="alert-triangle" />} title={t("workflow.notJson")}>
                {parsed.error}
              </Alert>
            )}
            <Stack gap="xs">
              <ProblemList problems={report?.errors ?? []} color="red" title={t("workflow.errors")} />
              <ProblemList problems={report?.warnings ?? []} color="yellow" title={t("workflow.warnings")} />
              {report && report.errors.length === 0 && (
                <Text size="sm" c="dimmed">
                  {checking ? t("workflow.checking") : t("workflow.sound")}
                </Text>
              )}
            </Stack>
          </div>
          {editable && (
            <RouterPreviews project={project} graph={drawn} settled={!checking && !!parsed.graph} faulty={faulty} />
          )}
          {editable && (
            <Group>
              <Button variant="default" disabled={!dirty} onClick={() => setTyped(null)}>
                {t("common.discard")}
              </Button>
              <Button
                disabled={!dirty || !parsed.graph || checking || (report?.errors.length ?? 1) > 0}
                onClick={() => setPublishing(true)}
              >
                {t("workflow.publish")}
              </Button>
            </Group>
          )}
        </Stack>
      </SimpleGrid>
      {publishing && parsed.graph && (
        <PublishDialog
          project={project}
          before={published}
          graph={parsed.graph}
          onClose={() => setPublishing(false)}
          onPublished={(job) => {
            setTyped(null);
            onPublished(job);
          }}
        />
      )}
    </Stack>
  );
}
