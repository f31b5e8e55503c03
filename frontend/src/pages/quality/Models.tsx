import {
  Alert,
  Button,
  Group,
  List,
  NativeSelect,
  SimpleGrid,
  Slider,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isProblem } from "../../api/client";
import { usePredictionModels } from "../../api/inference";
import { qualityKey, useEvaluation } from "../../api/quality";
import type { Job, PredictionModel, QualityEvaluation } from "../../api/types";
import { Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { LinkButton } from "../../ui/links";
import { Section } from "../../ui/Page";
import { Empty, Failed, FormErrors, Loaded, Loading } from "../../ui/states";
import { useStart } from "../../ui/useStart";
import { Wide } from "../../ui/Wide";
import { GridLink } from "./GridLink";
import { type At, Matches } from "./Matches";
import { say } from "./messages";
import { type Cell, Confusion } from "./plots/Confusion";
import { PrecisionRecall } from "./plots/PrecisionRecall";
import { share } from "./plots/scale";
import { Tile } from "./Tile";
import { useMetadataKeys } from "./useMetadataKeys";

const KINDS = ["quality.evaluate"];
const TRUTHS = ["reviewed", "all"] as const;
const PAUSE = 200;
const SPLITS = "quality-metadata-keys";

/** The way to what a row counts: labels of a class, or images with that answer. */
function ClassName({ project, one }: { project: string; one: QualityEvaluation["classes"][number] }) {
  if (!one.question)
    return (
      <GridLink project={project} class={one.class}>
        {one.class}
      </GridLink>
    );
  // An answer is called "question: answer".
  const answer = one.class.slice(one.question.length + 2);
  return (
    <GridLink project={project} class={one.question} attribute={one.question} answer={answer}>
      {one.class}
    </GridLink>
  );
}

function Classes({ project, found }: { project: string; found: QualityEvaluation }) {
  return (
    <Wide label={say("classes")} least={560}>
      <Table aria-label={say("classes")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("by_classes")}</Table.Th>
            <Table.Th ta="right">{say("labelsOf")}</Table.Th>
            <Table.Th ta="right">{say("predictionsOf")}</Table.Th>
            <Table.Th ta="right">{say("precision")}</Table.Th>
            <Table.Th ta="right">{say("recall")}</Table.Th>
            <Table.Th ta="right">F1</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.classes.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td>
                <ClassName project={project} one={one} />
              </Table.Td>
              <Table.Td ta="right">{one.labels}</Table.Td>
              <Table.Td ta="right">{one.predictions}</Table.Td>
              <Table.Td ta="right">{share(one.precision)}</Table.Td>
              <Table.Td ta="right">{share(one.recall)}</Table.Td>
              <Table.Td ta="right">{share(one.f1)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Figures({ project, found, at }: { project: string; found: QualityEvaluation; at: At }) {
  const [cell, setCell] = useState<Cell | null>(null);
  return (
    <>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm" my="md">
        <Tile
          name={say("precision")}
          value={share(found.precision)}
          hint={say("fpOf", { count: found.fp, all: found.tp + found.fp })}
        />
        <Tile
          name={say("recall")}
          value={share(found.recall)}
          hint={say("fnOf", { count: found.fn, all: found.tp + found.fn })}
        />
        <Tile name="F1" value={share(found.f1)} hint={say("inUnits", { count: found.units })} />
        <Tile
          name="mAP"
          value={share(found.coco.mean.ap)}
          hint={say("mapHint", { ap50: share(found.coco.mean.ap50) })}
        />
      </SimpleGrid>
      {found.warnings.length > 0 && (
        <Alert color="yellow" title={say("warnings")} icon={<Icon name="alert-triangle" />} mb="md">
          <List size="sm">
            {found.warnings.map(({ code, detail }) => (
              <List.Item key={code}>{detail}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" mb="lg">
        <Confusion classes={found.confusion.classes} counts={found.confusion.counts} onOpen={setCell} />
        <PrecisionRecall curves={found.curves} />
      </SimpleGrid>
      <Section title={say("classes")}>
        <Classes project={project} found={found} />
      </Section>
      {cell && <Matches project={project} at={at} cell={cell} onClose={() => setCell(null)} />}
    </>
  );
}

function Evaluate({ project, model }: { project: string; model: string }) {
  const client = useQueryClient();
  const [truth, setTruth] = useState<string>("reviewed");
  const [subset, setSubset] = useState("");
  const splits = useMetadataKeys(project);
  const { start, job, running, onEnd } = useStart(project, "quality/evaluation", KINDS, ["model", "truth", "subset"]);
  const ended = (done: Job) => {
    onEnd(done);
    void client.invalidateQueries({ queryKey: qualityKey(project) });
  };
  return (
    <Stack gap="xs">
      <FormErrors errors={[...start.errors, ...Object.values(start.fieldErrors)]} />
      {!running && (
        <Group gap="xs" align="flex-end">
          <NativeSelect
            aria-label={say("truth")}
            value={truth}
            onChange={(event) => setTruth(event.currentTarget.value)}
            data={TRUTHS.map((value) => ({ value, label: say(`truth_${value}`) }))}
          />
          <TextInput
            aria-label={say("subsetKey")}
            placeholder={say("subsetKey")}
            title={say("subsetHint")}
            list={SPLITS}
            w={170}
            value={subset}
            onChange={(event) => setSubset(event.currentTarget.value)}
          />
          <datalist id={SPLITS}>
            {splits.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <Button
            variant="default"
            loading={start.busy}
            onClick={() => start.run({ model, truth, subset: subset.trim() })}
          >
            {say("evaluate")}
          </Button>
        </Group>
      )}
      {job && (
        <JobProgress key={job} id={job} title={say("evaluating")} onEnded={ended}>
          {() => <Text size="sm">{say("evaluated")}</Text>}
        </JobProgress>
      )}
    </Stack>
  );
}

function Thresholds({ at, onChange }: { at: At; onChange: (change: Partial<At>) => void }) {
  const slider = (name: "iou" | "confidence", words: string, min: number) => (
    <div>
      <Text size="sm">
        {words} {at[name].toFixed(2)}
      </Text>
      <Slider
        min={min}
        max={1}
        step={0.05}
        value={at[name]}
        onChange={(value) => onChange({ [name]: value })}
        label={(value) => value.toFixed(2)}
        thumbLabel={words}
      />
    </div>
  );
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="lg">
      {slider("iou", "IoU", 0.1)}
      {slider("confidence", say("confidence"), 0)}
    </SimpleGrid>
  );
}

function Compared({ project, models }: { project: string; models: readonly PredictionModel[] }) {
  const [chosen, setChosen] = useState(models[0]?.id ?? "");
  const [at, setAt] = useState<Omit<At, "model">>({ iou: 0.5, confidence: 0 });
  const all: At = { model: chosen, ...at };
  const [settled] = useDebouncedValue(all, PAUSE);
  const query = useEvaluation(project, { ...settled }, chosen !== "");
  const none = isProblem(query.error, 404);
  return (
    <>
      <Group justify="space-between" align="flex-end" mb="md">
        <NativeSelect
          label={say("model")}
          value={chosen}
          onChange={(event) => {
            setChosen(event.currentTarget.value);
            // Another model's evaluation may have no such part.
            setAt((old) => ({ ...old, subset: undefined }));
          }}
          data={models.map(({ id, name, version }) => ({ value: id, label: `${name} ${version.slice(0, 12)}` }))}
        />
        <Evaluate project={project} model={chosen} />
      </Group>
      {none ? (
        <Empty icon="history" title={say("notEvaluated")} hint={say("notEvaluatedHint")} />
      ) : query.error ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <>
          <Thresholds at={all} onChange={(change) => setAt((old) => ({ ...old, ...change }))} />
          {query.data?.subset_key && (
            <NativeSelect
              mt="sm"
              maw={280}
              label={say("subsetOf", { key: query.data.subset_key })}
              value={at.subset ?? ""}
              onChange={(event) => {
                const subset = event.currentTarget.value || undefined;
                setAt((old) => ({ ...old, subset }));
              }}
              data={[{ value: "", label: say("wholeSet") }, ...query.data.subsets]}
            />
          )}
          {query.data ? (
            <>
              <Figures project={project} found={query.data} at={settled} />
              <Text size="xs" c="dimmed">
                {say(`truth_${query.data.truth}`)} · <Time at={query.data.evaluated_at} />
              </Text>
            </>
          ) : (
            <Loading />
          )}
        </>
      )}
    </>
  );
}

/** How each model compares with the labels, at any thresholds, and the matches behind every number. */
export default function Models({ project }: { project: string }) {
  return (
    <Loaded query={usePredictionModels(project)}>
      {(models) =>
        models.length > 0 ? (
          <Compared project={project} models={models} />
        ) : (
          <Empty
            icon="robot"
            title={say("noModels")}
            hint={say("noModelsHint")}
            action={
              <LinkButton to="/projects/$project/transfer" params={{ project }}>
                {say("bringPredictions")}
              </LinkButton>
            }
          />
        )
      }
    </Loaded>
  );
}
