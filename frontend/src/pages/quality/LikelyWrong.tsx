import { Badge, Group, Text } from "@mantine/core";
import { useLikelyWrong } from "../../api/quality";
import type { QualityLabel } from "../../api/types";
import { TextLink } from "../../ui/links";
import { Failed, Loading } from "../../ui/states";
import { Crop } from "./Crop";
import css from "./LikelyWrong.module.css";
import { kindWords, say } from "./messages";
import { share } from "./plots/scale";

const SHOWN = 20;

function Row({ project, label, crops }: { project: string; label: QualityLabel; crops: boolean }) {
  return (
    <li className={css.row}>
      {crops && <Crop tile={label} />}
      <div className={css.words}>
        <Group gap={6}>
          <TextLink to="/projects/$project/tasks/$task" params={{ project, task: label.task }}>
            {label.class}
          </TextLink>
          {label.kind && <Badge>{kindWords(label.kind)}</Badge>}
        </Group>
        <Text size="xs" c="dimmed">
          {label.evidence}
        </Text>
      </div>
      <Text size="sm" className={css.number} title={say(label.calibrated ? "calibrated" : "uncalibrated")}>
        {share(label.p_error)}
      </Text>
    </li>
  );
}

/** The labels, and the objects without one, that are the likeliest to be wrong. */
export function LikelyWrong({ project }: { project: string }) {
  const { rows, loading, error, refetch } = useLikelyWrong(project, SHOWN);
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (loading) return <Loading />;
  const crops = rows.some(({ atlas_url }) => atlas_url !== null);
  return (
    <ul className={css.list}>
      {rows.slice(0, SHOWN).map((label) => (
        <Row key={label.id} project={project} label={label} crops={crops} />
      ))}
    </ul>
  );
}
