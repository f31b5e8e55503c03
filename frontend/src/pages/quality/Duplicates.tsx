import { Badge, Group, Paper, SimpleGrid, Text } from "@mantine/core";
import { useQualityList } from "../../api/quality";
import type { QualityGroup, QualityMember } from "../../api/types";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed, Loading } from "../../ui/states";
import { say } from "./messages";
import { Pictures } from "./Pictures";

/** What the labels of a copy contradict, each thing once with its number, the most frequent first. */
function conflictsOf(member: QualityMember): string[] {
  const counts = new Map<string, number>();
  for (const one of member.conflicts) {
    const words =
      one.kind === "class"
        ? say("conflictClass", { one: one.class ?? "", other: one.other_class ?? "" })
        : say("conflictMissing", { one: one.class ?? one.other_class ?? "" });
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([words, count]) => (count > 1 ? `${count} × ${words}` : words));
}

function Copies({ project, group, onOpen }: { project: string; group: QualityGroup; onOpen: (unit: Unit) => void }) {
  return (
    <Paper withBorder p="sm">
      <Group gap="xs" mb={6}>
        <Text size="sm" fw={600}>
          {say("copies", { count: group.size })}
        </Text>
        {group.conflicts > 0 && (
          <Badge variant="dot" color="orange">
            {say("conflicts", { count: group.conflicts })}
          </Badge>
        )}
      </Group>
      <Pictures
        large
        project={project}
        onOpen={onOpen}
        rows={group.members.map((member) => ({
          ...member,
          words: (
            <>
              {member.keep ? say("keep") : member.relation},{" "}
              {say("sized", { width: member.width, height: member.height, labels: member.label_count })}
              {conflictsOf(member).map((words) => (
                <div key={words}>{words}</div>
              ))}
            </>
          ),
        }))}
      />
    </Paper>
  );
}

interface Unit {
  data_unit: string;
  name: string;
}

/** Groups of images that show the same, the copy to keep first, and where their labels contradict each other. */
export function Duplicates({ project, onOpen }: { project: string; onOpen: (unit: Unit) => void }) {
  const list = useQualityList<QualityGroup>(project, "duplicates/", { limit: 10 });
  return (
    <Section title={say("duplicates")}>
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.loading && <Loading />}
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {say("noDuplicates")}
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
        {list.rows.map((group) => (
          <Copies key={group.group} project={project} group={group} onOpen={onOpen} />
        ))}
      </SimpleGrid>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
    </Section>
  );
}
