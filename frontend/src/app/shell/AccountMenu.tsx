import { Avatar, Group, Menu, Text, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Icon } from "../../ui/Icon";
import { useColorScheme } from "../preferences";
import { signOut, useMe } from "../session";
import { t } from "../t";
import { openHelp } from "./overlays";

const SCHEMES = ["light", "dark", "auto"] as const;

export function AccountMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const { scheme, setScheme } = useColorScheme();
  const name = me.name || me.email;
  return (
    <Menu position="top-start" width={210} withinPortal>
      <Menu.Target>
        <UnstyledButton p={6} aria-label={t("nav.account")}>
          <Group gap="xs" wrap="nowrap">
            <Avatar size={26} radius="xl" name={name} color="gray" variant="filled" autoContrast />
            <Text size="sm" truncate>
              {name}
            </Text>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.email}</Menu.Label>
        <Menu.Item leftSection={<Icon name="user" size={14} />} onClick={() => void navigate({ to: "/account" })}>
          {t("nav.account")}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="keyboard" size={14} />} onClick={openHelp}>
          {t("nav.help")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("theme.label")}</Menu.Label>
        <Menu.RadioGroup value={scheme} onChange={(value) => setScheme(value as typeof scheme)}>
          {SCHEMES.map((value) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick={false}>
              {t(`theme.${value}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="logout" size={14} />} onClick={() => void signOut()}>
          {t("signin.out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
