import { Alert, Table, Text } from "@mantine/core";
import { t } from "../../app/t";
import { Icon } from "../../ui/Icon";
import type { OntologyPlan, PlanChange } from "./plan";

const countOf = (change: PlanChange): number => change.labels ?? change.count ?? change.tasks ?? 0;

/** What saving would touch, before it is saved. */
export function PlanView({ plan }: { plan: OntologyPlan }) {
  const changes = plan.changes ?? [];
  if (changes.length === 0) {
    return (
      <Alert color="green" icon={<Icon name="check" />}>
        {t("ontology.planNothing")}
      </Alert>
    );
  }
  return (
    <Alert color="yellow" icon={<Icon name="info-circle" />} title={t("ontology.planTitle")}>
      <Table withRowBorders={false}>
        <Table.Tbody>
          {changes.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a plan is shown as it came, once.
            <Table.Tr key={index}>
              <Table.Td>
                <Text size="sm">
                  {change.detail ??
                    [change.action ?? change.kind, change.name ?? change.what].filter(Boolean).join(" ")}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{t("ontology.touches", { count: countOf(change) })}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Alert>
  );
}
