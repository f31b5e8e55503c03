import { Table, Text } from "@mantine/core";
import { useCollaborators } from "../../api/projects";
import { useRoutes } from "../../api/quality";
import { Time } from "../../ui/bits";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Wide } from "../../ui/Wide";
import { say } from "./messages";
import { Policy } from "./Policy";
import { share } from "./plots/scale";
import { narrowWords, ruleWords } from "./routing";

function Earlier({ project }: { project: string }) {
  const list = useRoutes(project);
  const everybody = useCollaborators(project).data?.results ?? [];
  const people = new Map(everybody.map(({ person, name, email }) => [person, name || email]));
  if (!list.loading && list.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {say("noRoutes")}
      </Text>
    );
  return (
    <>
      <Wide label={say("routes")} least={520}>
        <Table aria-label={say("routes")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("when")}</Table.Th>
              <Table.Th>{say("rule")}</Table.Th>
              <Table.Th ta="right">{say("sentTasks")}</Table.Th>
              <Table.Th ta="right">{say("lookedAt")}</Table.Th>
              <Table.Th ta="right" title={say("foundHint")}>
                {say("foundWrong")}
              </Table.Th>
              <Table.Th ta="right">{say("errors")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.rows.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Time at={run.created_at} />
                </Table.Td>
                <Table.Td>
                  {ruleWords(run)}
                  <Text size="xs" c="dimmed">
                    {narrowWords(run, people)}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{run.selected}</Table.Td>
                <Table.Td ta="right">{run.reviewed}</Table.Td>
                <Table.Td ta="right">
                  {share(run.found_per_look)}
                  <Text span size="xs" c="dimmed">
                    {" "}
                    / {share(run.promised_per_look)}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{run.errors_found}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </>
  );
}

/** What was sent before and what came of it, and what is sent every day by itself. */
export function Routings({ project }: { project: string }) {
  return (
    <>
      <Section title={say("routes")}>
        <Earlier project={project} />
      </Section>
      <Section title={say("policy")}>
        <Policy project={project} />
      </Section>
    </>
  );
}
