import { Alert, Table, Text } from "@mantine/core";
import type { OntologyPlan } from "../../api/types";
import { t, tValue } from "../../app/t";
import { Icon } from "../../ui/Icon";

/** What saving would touch, before it is saved. */
export function PlanView({ plan }: { plan: OntologyPlan }) {
  const { changes } = plan;
  if (changes.length === 0) {
    return (
      <Alert color="green" icon={<Icon name="check" />}>
        {t("ontology.planNothing")}
      </Alert>
    );
  }
  return (
    <Alert color={plan.blocked ? "red" : "yellow"} icon={<Icon name="info-circle" />} title={t("ontology.planTitle")}>
      {plan.blocked && <Text size="sm">{t("ontology.planRefused")}</Text>}
      {plan.job && <Text size="sm">{t("ontology.planJob")}</Text>}
      <Table withRowBorders={false}>
        <Table.Tbody>
          {changes.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a plan is shown as it came, once.
            <Table.Tr key={index}>
              <Table.Td>
                <Text size="sm" fw={change.blocked ? 600 : undefined}>
                  {tValue("planKind", change.kind)} {change.name}
                  {change.to && ` → ${change.to}`}: {tValue("planAction", change.action)}
                  {change.blocked && ` (${t("ontology.planBlocked")})`}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{t("ontology.touches", { count: change.labels })}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Alert>
  );
}
