import { Box, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useMemo, useState } from "react";
import { usePreviewProjects, useRouterPreview } from "../../api/quality";
import type { Graph } from "../../api/types";
import { describeError } from "../../app/errors";
import { say } from "./messages";
import css from "./RouterPreviews.module.css";
import { firstChoice, type Lane, lanesOf, type Router, routersOnScores } from "./routers";

function LaneRow({ lane, router, of }: { lane: Lane; router: Router; of: number }) {
  const stage = router.targets.get(lane.name);
  const name = lane.waits
    ? say("waits", { fact: lane.name })
    : stage
      ? say("leadsTo", { outcome: lane.name, stage })
      : lane.name || say("nowhere");
  return (
    <li className={css.lane} data-waits={lane.waits}>
      <span className={css.name} title={name}>
        {name}
      </span>
      <span className={css.bar}>
        <span style={{ width: `${lane.share * 100}%` }} />
      </span>
      <span className={css.count}>{say("laneOf", { tasks: lane.tasks, of })}</span>
    </li>
  );
}

interface One {
  project: string;
  router: Router;
  /** The server has judged the text as it stands. */
  settled: boolean;
  faulty: boolean;
}

function RouterPreview({ project, router, settled, faulty }: One) {
  const { branches, otherwise } = router;
  const asked = useRouterPreview(project, { branches, otherwise }, settled && !faulty);
  const answer = asked.data;
  return (
    <section aria-label={router.title}>
      <Title order={4} size="sm">
        {router.title}
      </Title>
      {faulty ? (
        <Text size="sm" c="dimmed">
          {say("faulty")}
        </Text>
      ) : asked.error ? (
        <Text size="sm" c="red">
          {describeError(asked.error)}
        </Text>
      ) : answer?.of === 0 ? (
        <Text size="sm" c="dimmed">
          {say("noneHere")}
        </Text>
      ) : (
        answer && (
          <>
            <Text size="xs" c="dimmed">
              {say("wouldHave", { count: answer.of })}
            </Text>
            <ul className={css.lanes}>
              {lanesOf(answer).map((lane) => (
                <LaneRow key={lane.key} lane={lane} router={router} of={answer.of} />
              ))}
            </ul>
          </>
        )
      )}
    </section>
  );
}

interface Props {
  project: string;
  graph: Graph;
  settled: boolean;
  faulty: ReadonlySet<string>;
}

/** Beside each router that decides on a score: where it would have sent the last scored tasks, as one types. */
export function RouterPreviews({ project, graph, settled, faulty }: Props) {
  const routers = useMemo(() => routersOnScores(graph), [graph]);
  const listed = usePreviewProjects(project, routers.length > 0).data;
  const [picked, setPicked] = useState<string | null>(null);
  if (routers.length === 0 || !listed) return null;
  const projects = listed.results;
  const chosen = picked ?? firstChoice(projects, project);
  return (
    <Box component="section" aria-label={say("title")}>
      <Stack gap="xs">
        <Title order={3} size="sm">
          {say("title")}
        </Title>
        {projects.length > 1 && chosen && (
          <NativeSelect
            size="xs"
            label={say("project")}
            data={projects.map(({ id, name }) => ({ value: id, label: name }))}
            value={chosen}
            onChange={(event) => setPicked(event.currentTarget.value)}
          />
        )}
        {chosen ? (
          <Stack gap="xs" aria-live="polite">
            {routers.map((router) => (
              <RouterPreview
                key={router.id}
                project={chosen}
                router={router}
                settled={settled}
                faulty={faulty.has(router.id)}
              />
            ))}
          </Stack>
        ) : (
          <Text size="sm" c="dimmed">
            {say("none")}
          </Text>
        )}
      </Stack>
    </Box>
  );
}
