import { Button, Group, SegmentedControl, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Me } from "../../api/types";
import { savePreferences, useColorScheme } from "../../app/preferences";
import { signOut, useMe } from "../../app/session";
import { singleKeys } from "../../app/shortcuts";
import { t } from "../../app/t";
import { Page, Section } from "../../ui/Page";
import { FormErrors } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { ApiKeys } from "./ApiKeys";

function NameForm() {
  const me = useMe();
  const form = useForm({ initialValues: { name: me.name } });
  const save = useAction((values: { name: string }) => api.patch<Me>("/me/", { name: values.name.trim() }), {
    fields: ["name"],
    forget: [keys.me],
    done: t("common.saved"),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.run(values))}>
      <Stack gap="sm" maw={420}>
        <FormErrors errors={save.errors} />
        <TextInput label={t("common.name")} {...form.getInputProps("name")} error={save.fieldErrors.name} />
        <TextInput label={t("signin.email")} value={me.email} readOnly />
        <Group>
          <Button type="submit" loading={save.busy} disabled={!form.isDirty()}>
            {t("common.save")}
          </Button>
          <Button variant="default" onClick={() => void signOut()}>
            {t("signin.out")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function PreferencesForm() {
  const { scheme, setScheme } = useColorScheme();
  const [single, setSingle] = useState(singleKeys.get);
  return (
    <Stack gap="sm">
      <div>
        <Text size="xs" fw={500} mb={4}>
          {t("theme.label")}
        </Text>
        <SegmentedControl
          aria-label={t("theme.label")}
          value={scheme}
          onChange={(value) => setScheme(value as typeof scheme)}
          data={(["light", "dark", "auto"] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
        />
      </div>
      <Switch
        size="xs"
        label={t("account.singleKeys")}
        description={t("account.singleKeysHint")}
        checked={single}
        onChange={(event) => {
          const on = event.currentTarget.checked;
          setSingle(on);
          savePreferences({ keymap: singleKeys.set(on) }).catch(() => undefined);
        }}
      />
    </Stack>
  );
}

export default function AccountPage() {
  return (
    <Page title={t("nav.account")} narrow>
      <Section title={t("account.you")}>
        <NameForm />
      </Section>
      <Section title={t("account.preferences")}>
        <PreferencesForm />
      </Section>
      <ApiKeys />
    </Page>
  );
}
