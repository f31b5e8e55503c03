import {
  Alert,
  Badge,
  Box,
  Button,
  Group,
  Paper,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, isProblem } from "../../api/client";
import { isJob, qualityKey, qualityPath, useCertificate, useIssued } from "../../api/quality";
import type { Job, QualityCertificate, QualityIssued, QualityLine } from "../../api/types";
import { Time } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { JobProgress } from "../../ui/JobProgress";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed, Loaded } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { Wide } from "../../ui/Wide";
import { Audit } from "./Audit";
import { farthest, gridWords, headline, stillNeeded } from "./certified";
import { kindWords, say } from "./messages";
import { Share } from "./plots/Share";
import { between, niceEnd, share } from "./plots/scale";
import { Settings } from "./Settings";
import { SnapshotChoice, useSnapshots } from "./SnapshotChoice";

const BY = ["kinds", "classes", "parts"] as const;
type By = (typeof BY)[number];

function Lines({ said }: { said: QualityCertificate }) {
  const [by, setBy] = useState<By>("kinds");
  const lines = said[by];
  const most = niceEnd(farthest(lines, said.target));
  const gridded = said.n_grid > 0;
  const name = (line: QualityLine) =>
    [by !== "kinds" && line.class, by !== "classes" && kindWords(line.kind)].filter(Boolean).join(", ");
  return (
    <Section
      title={say("lines")}
      actions={
        <SegmentedControl
          aria-label={say("linesBy")}
          value={by}
          onChange={(value) => setBy(value as By)}
          data={BY.filter((one) => said[one].length > 0).map((one) => ({ value: one, label: say(`by_${one}`) }))}
        />
      }
    >
      <Wide label={say("lines")} least={560}>
        <Table aria-label={say("lines")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say(`by_${by}`)}</Table.Th>
              <Table.Th w="36%">
                <Group justify="space-between" wrap="nowrap">
                  <span>0</span>
                  <span style={{ whiteSpace: "nowrap" }}>{share(most)}</span>
                </Group>
              </Table.Th>
              <Table.Th>{say("wrongStill")}</Table.Th>
              <Table.Th ta="right">{say("looksRandom")}</Table.Th>
              {gridded && <Table.Th ta="right">{say("looksGrid")}</Table.Th>}
              <Table.Th ta="right" title={say("neededHint")}>
                {say("needed")}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={`${line.kind} ${line.class}`} title={line.rests_on}>
                <Table.Th scope="row" fw={400}>
                  {name(line)}
                </Table.Th>
                <Table.Td>
                  <Share
                    middle={line.estimate ?? null}
                    low={line.low ?? null}
                    high={line.high ?? null}
                    most={most}
                    goal={said.target}
                  />
                </Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>
                  {line.certified ? (
                    between(line.estimate ?? null, line.low ?? null, line.high ?? null)
                  ) : (
                    <Text span size="xs" c="dimmed">
                      {say("notCertified")}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td ta="right">{line.n_audited}</Table.Td>
                {gridded && <Table.Td ta="right">{line.n_grid}</Table.Td>}
                <Table.Td ta="right">{line.n_needed}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <Text size="xs" c="dimmed" mt={4}>
        {say("dashed", { target: share(said.target) })}
      </Text>
    </Section>
  );
}

function Now({ said }: { said: QualityCertificate }) {
  const most = niceEnd(farthest([said], said.target));
  return (
    <Stack gap={6}>
      <Text fz={22} fw={600} lh={1.25}>
        {headline(said)}
      </Text>
      {said.certified && (
        <div style={{ maxWidth: 560 }}>
          <Share
            middle={said.estimate ?? null}
            low={said.low ?? null}
            high={said.high ?? null}
            most={most}
            goal={said.target}
          />
        </div>
      )}
      <Text size="sm">{said.rests_on}</Text>
      <Text size="sm">{stillNeeded(said, said.target)}</Text>
      {said.corrected ? (
        <Text size="sm">
          {say("corrected", {
            share: between(said.corrected.estimate, said.corrected.low, said.corrected.high),
            error: share(said.corrected.expert_error),
            count: said.corrected.n_repeated,
          })}
        </Text>
      ) : (
        said.repeats.n_needed > 0 && (
          <Text size="xs" c="dimmed">
            {say("repeatsNeeded", { count: said.repeats.n_needed })}
          </Text>
        )
      )}
      {said.grid && (
        <Text size="xs" c="dimmed">
          {gridWords(said.grid)}
        </Text>
      )}
      {said.live_high !== undefined && (
        <Text size="xs" c="dimmed">
          {say("liveHigh", { confidence: share(said.confidence), high: share(said.live_high) })}
        </Text>
      )}
    </Stack>
  );
}

function Issued({ project }: { project: string }) {
  const list = useIssued(project);
  const names = new Map(useSnapshots(project).items.map(({ id, name }) => [id, name]));
  const path = (id: string, more = "") => `/api/v1${qualityPath(project, `certificates/${id}/${more}`)}`;
  if (list.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {say("noneIssued")}
      </Text>
    );
  const row = (one: QualityIssued) => (
    <Table.Tr key={one.id}>
      <Table.Td>
        <Time at={one.issued_at} />
        {one.snapshot && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {names.get(one.snapshot) ?? say("aSnapshot")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {one.certified ? between(one.estimate ?? null, one.low ?? null, one.high ?? null) : say("notCertified")}
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Button component="a" variant="subtle" size="compact-xs" href={path(one.id, "pdf/")} download>
            PDF
          </Button>
          <Button component="a" variant="subtle" size="compact-xs" href={path(one.id)} target="_blank">
            JSON
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
  return (
    <>
      <Table aria-label={say("issued")}>
        <Table.Tbody>{list.rows.map(row)}</Table.Tbody>
      </Table>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </>
  );
}

/** Issues one: at once, or as a job where the project is large. */
function Issue({ project, snapshot }: { project: string; snapshot: string }) {
  const client = useQueryClient();
  const issue = useAction(
    () => api.post<QualityIssued | Job>(qualityPath(project, "certificate/"), { snapshot: snapshot || null }),
    {
      forget: [qualityKey(project)],
      done: (made) => (isJob(made) ? "" : say("isIssued")),
    },
  );
  return (
    <>
      <Button
        leftSection={<Icon name="circle-check" size={14} />}
        loading={issue.busy}
        onClick={() => issue.run(undefined)}
      >
        {say("issue")}
      </Button>
      {issue.data && isJob(issue.data) && (
        <JobProgress
          key={issue.data.id}
          id={issue.data.id}
          title={say("issuing")}
          onEnded={() => void client.invalidateQueries({ queryKey: qualityKey(project) })}
        />
      )}
    </>
  );
}

function Live({ project, snapshot }: { project: string; snapshot: string }) {
  const query = useCertificate(project, snapshot || undefined);
  if (isProblem(query.error, 409)) return <Alert>{say("tooLarge")}</Alert>;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <Loaded query={query}>
      {(said) => (
        <>
          <Paper withBorder p="md" mb="lg">
            <Group gap="xs" mb={6}>
              <Badge variant="dot" color={said.certified ? "green" : "gray"}>
                {say(said.certified ? "certified" : "notCertified")}
              </Badge>
              <Text size="xs" c="dimmed">
                {said.snapshot ? say("ofFrozen") : say("asOf")} <Time at={said.at} />
              </Text>
            </Group>
            <Now said={said} />
          </Paper>
          <Lines said={said} />
        </>
      )}
    </Loaded>
  );
}

/** What can be proved about the labels that nobody looked at, and what it rests on. */
export default function Certificate({ project }: { project: string }) {
  const [snapshot, setSnapshot] = useState("");
  return (
    <>
      <Box mb="md">
        <SnapshotChoice project={project} value={snapshot} onChange={setSnapshot} />
      </Box>
      <Live project={project} snapshot={snapshot} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" verticalSpacing={0}>
        <div>
          <Audit project={project} />
          <Section title={say("issued")} actions={<Issue project={project} snapshot={snapshot} />}>
            <Issued project={project} />
          </Section>
        </div>
        <Section title={say("settings")}>
          <Settings project={project} />
        </Section>
      </SimpleGrid>
    </>
  );
}
