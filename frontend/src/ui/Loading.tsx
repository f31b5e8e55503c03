import { Center, Loader } from "@mantine/core";
import { t } from "../app/t";

export function Loading() {
  return (
    <Center mih={200} role="status" aria-label={t("common.loading")}>
      <Loader size="sm" type="dots" />
    </Center>
  );
}
