import { Button, Group, Modal, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, type ReactNode, useState } from "react";
import { useKeyset } from "../api/keyset";
import { mayCreate, useMe } from "../app/session";
import { useShortcuts } from "../app/shortcuts";
import { t } from "../app/t";
import { Time } from "./bits";
import type { IconName } from "./Icon";
import { More } from "./More";
import { Page } from "./Page";
import { Empty, Failed, FormErrors, Loading } from "./states";
import { useAction } from "./useAction";

interface Item {
  id: string;
  name: string;
  created_at?: string;
}

interface Props<T extends Item> {
  title: string;
  icon: IconName;
  path: string;
  queryKey: readonly unknown[];
  empty: string;
  emptyHint: string;
  createLabel: string;
  create: (name: string) => Promise<T>;
  onCreated: (item: T) => void;
  link: (item: T) => ReactNode;
  detail?: (item: T) => ReactNode;
}

/** A list of things that have a name, and the dialog that makes another. */
export function NamedList<T extends Item>(props: Props<T>) {
  const { title, icon, path, queryKey, empty, emptyHint, createLabel, link, detail } = props;
  const creates = mayCreate(useMe());
  const [opened, { open, close }] = useDisclosure();
  const list = useKeyset<T>(queryKey, path, { limit: 100 });
  useShortcuts(creates ? [{ keys: "c", label: createLabel, group: t("help.page"), run: open }] : []);
  const button = creates && <Button onClick={open}>{createLabel}</Button>;
  return (
    <Page title={title} actions={button}>
      {list.loading && <Loading />}
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty icon={icon} title={empty} hint={emptyHint} action={button} />
      )}
      {list.rows.length > 0 && (
        <Table aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("common.name")}</Table.Th>
              {detail && <Table.Th visibleFrom="sm">{t("ui.contents")}</Table.Th>}
              <Table.Th>{t("common.created")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.rows.map((item) => (
              <Table.Tr key={item.id}>
                <Table.Td>{link(item)}</Table.Td>
                {detail && (
                  <Table.Td visibleFrom="sm">
                    <Text size="sm" c="dimmed" lineClamp={1}>
                      {detail(item)}
                    </Text>
                  </Table.Td>
                )}
                <Table.Td>
                  <Text size="sm" c="dimmed">
                    <Time at={item.created_at} />
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      {opened && <CreateDialog {...props} close={close} />}
    </Page>
  );
}

function CreateDialog<T extends Item>({
  createLabel,
  create,
  onCreated,
  queryKey,
  close,
}: Props<T> & { close: () => void }) {
  const [name, setName] = useState("");
  const action = useAction(() => create(name.trim()), { fields: ["name"], forget: [queryKey], onDone: onCreated });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(undefined);
  };
  return (
    <Modal opened onClose={close} title={createLabel}>
      <form onSubmit={submit}>
        <FormErrors errors={action.errors} />
        <TextInput
          size="sm"
          label={t("common.name")}
          data-autofocus
          maxLength={200}
          value={name}
          error={action.fieldErrors.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit" disabled={name.trim() === ""} loading={action.busy}>
            {t("common.create")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
