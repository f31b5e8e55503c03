import { Radio, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { api, type Page } from "../../api/client";
import { keys } from "../../api/keys";
import type { Workflow, WorkflowTemplate } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors, Loading } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { useOptions } from "../../ui/useOptions";
import type { StepProps } from "./useNewProject";

const Graph = lazy(() => import("../../builder/Graph"));

/** Choose one of the organization's workflows, or make one from a template. */
export function WorkflowStep({ draft, change }: StepProps) {
  const { choices } = useOptions<Workflow>(keys.workflows, "/workflows/");
  const [template, setTemplate] = useState<string | null>(null);
  const templates = useQuery({
    queryKey: keys.templates,
    queryFn: ({ signal }) => api.get<Page<WorkflowTemplate>>("/workflows/templates/", { signal }),
    select: ({ results }) => results,
  });
  const create = useAction(
    (chosen: WorkflowTemplate) =>
      api.post<Workflow>("/workflows/", { name: `${draft.name} · ${chosen.name}`, graph: chosen.graph }),
    { fields: [], forget: [keys.workflows], onDone: (made) => change({ workflow: made.id }) },
  );
  const chosen = templates.data?.find(({ id }) => id === template);
  return (
    <Stack gap="md">
      <FormErrors errors={create.errors} />
      <Radio.Group
        label={t("wizard.template")}
        value={template}
        onChange={(value) => {
          setTemplate(value);
          const found = templates.data?.find(({ id }) => id === value);
          if (found) create.run(found);
        }}
      >
        <Stack gap="xs" mt="xs">
          {(templates.data ?? []).map((item) => (
            <Radio key={item.id} value={item.id} label={item.name} description={item.description} />
          ))}
        </Stack>
      </Radio.Group>
      <Select
        label={t("wizard.workflowLabel")}
        data={choices}
        value={draft.workflow || null}
        onChange={(value) => {
          setTemplate(null);
          change({ workflow: value ?? "" });
        }}
        searchable
      />
      {chosen && (
        <Suspense fallback={<Loading />}>
          <Graph graph={chosen.graph} height={260} />
        </Suspense>
      )}
      <Text size="xs" c="dimmed">
        {t("wizard.workflowHint")}
      </Text>
    </Stack>
  );
}
