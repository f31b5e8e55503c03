import { Button, Group, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Ontology } from "../../api/types";
import { t } from "../../app/t";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { useOptions } from "../../ui/useOptions";
import { colorAt } from "../ontology/colors";
import type { StepProps } from "./useNewProject";

/** Choose what may be labeled, or name a few box classes and refine them later. */
export function OntologyStep({ draft, change }: StepProps) {
  const { choices } = useOptions<Ontology>(keys.ontologies, "/ontologies/");
  const [name, setName] = useState("");
  const [classes, setClasses] = useState<string[]>([]);
  const create = useAction(
    () =>
      api.post<Ontology>("/ontologies/", {
        name: name.trim() || draft.name,
        objects: classes.map((label, index) => ({ name: label, shape: "bounding_box", color: colorAt(index) })),
        classifications: [],
      }),
    { fields: ["name", "objects"], forget: [keys.ontologies], onDone: (made) => change({ ontology: made.id }) },
  );
  return (
    <Stack gap="md">
      <Select
        label={t("wizard.ontologyLabel")}
        description={t("wizard.ontologyHint")}
        placeholder={choices.length === 0 ? t("wizard.noOntology") : undefined}
        data={choices}
        value={draft.ontology || null}
        onChange={(value) => change({ ontology: value ?? "" })}
        searchable
      />
      <Text size="sm" fw={600}>
        {t("wizard.orNew")}
      </Text>
      <FormErrors errors={create.errors} />
      <TextInput
        label={t("wizard.ontologyName")}
        placeholder={draft.name}
        value={name}
        error={create.fieldErrors.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TagsInput
        label={t("wizard.classes")}
        description={t("wizard.classesHint")}
        value={classes}
        error={create.fieldErrors.objects}
        onChange={setClasses}
      />
      <Group>
        <Button
          variant="default"
          loading={create.busy}
          disabled={classes.length === 0}
          onClick={() => create.run(undefined)}
        >
          {t("wizard.createOntology")}
        </Button>
      </Group>
    </Stack>
  );
}
