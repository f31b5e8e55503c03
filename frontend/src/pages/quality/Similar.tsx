import { Drawer } from "@mantine/core";
import { useQuality } from "../../api/quality";
import type { QualityAlike } from "../../api/types";
import { t } from "../../app/t";
import { Loaded } from "../../ui/states";
import { say } from "./messages";
import { Pictures } from "./Pictures";

interface Unit {
  data_unit: string;
  name: string;
}

interface Props {
  project: string;
  unit: Unit;
  onOpen: (unit: Unit) => void;
  onClose: () => void;
}

/** The images most like one, the nearest first. */
export function Similar({ project, unit, onOpen, onClose }: Props) {
  const query = useQuality<{ results: QualityAlike[] }>(project, "similar/", { data_unit: unit.data_unit, k: 20 });
  return (
    <Drawer
      opened
      onClose={onClose}
      closeButtonProps={{ "aria-label": t("common.close") }}
      position="right"
      size="lg"
      title={say("alikeTo", { name: unit.name })}
    >
      <Loaded query={query}>
        {({ results }) => (
          <Pictures
            project={project}
            onOpen={onOpen}
            rows={results.map((row) => ({ ...row, words: say("distance", { distance: row.distance.toFixed(2) }) }))}
          />
        )}
      </Loaded>
    </Drawer>
  );
}
