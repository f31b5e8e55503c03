import { Stack, Table, Text } from "@mantine/core";
import { useQualityPeople } from "../../api/quality";
import type { QualityPerson, QualityShare } from "../../api/types";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/states";
import { Wide } from "../../ui/Wide";
import { GridLink } from "./GridLink";
import { Instruments } from "./Instruments";
import { kindWords, say } from "./messages";
import css from "./People.module.css";
import { Share } from "./plots/Share";
import { between, niceEnd, share } from "./plots/scale";

type Annotator = NonNullable<QualityPerson["annotator"]>;
type Reviewer = NonNullable<QualityPerson["reviewer"]>;
const words = ({ share: middle, low, high }: QualityShare): string => between(middle, low, high);

function Name({ person, project }: { person: QualityPerson; project?: string }) {
  const name = person.name || person.email;
  return (
    <Table.Th scope="row" fw={400} title={person.email}>
      {project ? (
        <GridLink project={project} annotator={person.id}>
          {name}
        </GridLink>
      ) : (
        name
      )}
    </Table.Th>
  );
}

/** Weeks as bars: how much was judged, and in colour how much of it was rejected. */
function Trend({ weeks }: { weeks: Annotator["weeks"] }) {
  const most = Math.max(1, ...weeks.map(({ labels }) => labels));
  return (
    <div className={css.trend}>
      {weeks.map(({ week, labels, rejected }) => (
        <span
          key={week}
          className={css.week}
          style={{ height: `${(labels / most) * 100}%` }}
          title={say("trendOf", { week, labels, rejected })}
        >
          <span style={{ height: `${labels ? (rejected / labels) * 100 : 0}%` }} />
        </span>
      ))}
    </div>
  );
}

/** What is mostly wrong in a person's labels; a kind leads to those that look so in the grid. */
function Mostly({ project, person, kinds }: { project: string; person: string; kinds: Annotator["kinds"] }) {
  const found = Object.entries(kinds).filter(([, one]) => (one.share ?? 0) > 0);
  found.sort(([, a], [, b]) => (b.share ?? 0) - (a.share ?? 0));
  return found.slice(0, 2).map(([kind, one]) => (
    <div key={kind} className={css.number}>
      <GridLink project={project} annotator={person} kind={kind}>
        {kindWords(kind)}
      </GridLink>{" "}
      {share(one.share)}
    </div>
  ));
}

function Annotators({ project, people }: { project: string; people: [QualityPerson, Annotator][] }) {
  const most = niceEnd(Math.max(0.01, ...people.map(([, { rejected }]) => rejected.high ?? rejected.share ?? 0)));
  return (
    <Wide label={say("annotators")} least={860}>
      <Table aria-label={say("annotators")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("person")}</Table.Th>
            <Table.Th ta="right">{say("labels")}</Table.Th>
            <Table.Th miw={180} title={say("interval")}>
              {say("rejected")}
            </Table.Th>
            <Table.Th />
            <Table.Th>{say("kinds")}</Table.Th>
            <Table.Th>{say("agreement")}</Table.Th>
            <Table.Th>{say("trend")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map(([person, one]) => (
            <Table.Tr key={person.id}>
              <Name person={person} project={project} />
              <Table.Td ta="right">{one.labels}</Table.Td>
              <Table.Td>
                <Share middle={one.rejected.share} low={one.rejected.low} high={one.rejected.high} most={most} />
              </Table.Td>
              <Table.Td className={css.number}>{words(one.rejected)}</Table.Td>
              <Table.Td>
                <Mostly project={project} person={person.id} kinds={one.kinds} />
              </Table.Td>
              <Table.Td className={css.number}>{words(one.agreement_with_experts)}</Table.Td>
              <Table.Td>
                <Trend weeks={one.weeks} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Reviewers({ people }: { people: [QualityPerson, Reviewer][] }) {
  return (
    <Wide label={say("reviewers")} least={640}>
      <Table aria-label={say("reviewers")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("person")}</Table.Th>
            <Table.Th ta="right">{say("reviewer")}</Table.Th>
            <Table.Th ta="right">{say("rejected")}</Table.Th>
            <Table.Th>{say("overturned")}</Table.Th>
            <Table.Th>{say("repeats")}</Table.Th>
            <Table.Th>{say("sensitivity")}</Table.Th>
            <Table.Th ta="right">{say("seconds")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map(([person, one]) => (
            <Table.Tr key={person.id}>
              <Name person={person} />
              <Table.Td ta="right">{one.verdicts}</Table.Td>
              <Table.Td ta="right">{one.rejected}</Table.Td>
              <Table.Td className={css.number}>{words(one.overturned)}</Table.Td>
              <Table.Td className={css.number}>{words(one.repeat_agreement)}</Table.Td>
              <Table.Td className={css.number}>
                {one.sensitivity ? share(one.sensitivity.mean) : "–"}
                {one.sensitivity && (
                  <Text size="xs" c="dimmed">
                    {say("ofKnown", { count: one.sensitivity.n })}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right">{one.seconds_per_verdict?.toFixed(1) ?? "–"}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

/** Who is right how often, for managers alone. */
export default function People({ project }: { project: string }) {
  const list = useQualityPeople(project);
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (list.loading) return <Loading />;
  const annotators = list.rows.flatMap((row) =>
    row.annotator ? [[row, row.annotator] as [QualityPerson, Annotator]] : [],
  );
  const reviewers = list.rows.flatMap((row) =>
    row.reviewer ? [[row, row.reviewer] as [QualityPerson, Reviewer]] : [],
  );
  if (annotators.length + reviewers.length === 0)
    return <Empty icon="users" title={say("nobody")} hint={say("nobodyHint")} />;
  return (
    <Stack gap="md">
      {annotators.length > 0 && (
        <Section title={say("annotators")}>
          <Annotators project={project} people={annotators} />
        </Section>
      )}
      {reviewers.length > 0 && (
        <Section title={say("reviewers")}>
          <Reviewers people={reviewers} />
        </Section>
      )}
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      <Instruments project={project} />
      <Text size="xs" c="dimmed">
        {say("interval")}
      </Text>
    </Stack>
  );
}
