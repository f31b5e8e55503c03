import { Group, Text } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { Icon } from "../../ui/Icon";
import { t } from "../t";
import classes from "./Shell.module.css";

export function ConnectionBanner() {
  const { online } = useNetwork();
  return (
    <div aria-live="polite">
      {!online && (
        <Group className={classes.banner} gap="xs" wrap="nowrap">
          <Icon name="wifi-off" size={14} />
          <Text size="xs">{t("session.offline")}</Text>
        </Group>
      )}
    </div>
  );
}
