import { Alert, Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { ApiKey } from "../../api/types";
import { t } from "../../app/t";
import { CopyLine, IconButton, Time } from "../../ui/bits";
import { confirm } from "../../ui/confirm";
import { More } from "../../ui/More";
import { Section } from "../../ui/Page";
import { Failed } from "../../ui/states";
import { useAction } from "../../ui/useAction";
import { ApiKeyDialog } from "./ApiKeyDialog";

function Row({ apiKey }: { apiKey: ApiKey }) {
  const revoke = useAction(() => api.del(`/auth/api-keys/${apiKey.id}/`, { idempotencyKey: null }), {
    forget: [keys.apiKeys],
    done: t("apiKeys.revoked"),
  });
  const ask = async () => {
    const yes = await confirm({
      title: t("apiKeys.revokeTitle", { name: apiKey.name }),
      body: t("apiKeys.revokeHint"),
      yes: t("apiKeys.revoke"),
      danger: true,
    });
    if (yes) revoke.run(undefined);
  };
  return (
    <Table.Tr>
      <Table.Td>{apiKey.name}</Table.Td>
      <Table.Td ff="monospace">{apiKey.prefix}…</Table.Td>
      <Table.Td>
        <Group gap={4}>
          {(apiKey.scopes ?? []).map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>{apiKey.last_used_at ? <Time at={apiKey.last_used_at} /> : t("apiKeys.neverUsed")}</Table.Td>
      <Table.Td>{apiKey.expires_at ? <Time at={apiKey.expires_at} /> : t("apiKeys.never")}</Table.Td>
      <Table.Td>
        <Group justify="flex-end">
          <IconButton icon="trash" label={t("apiKeys.revokeTitle", { name: apiKey.name })} onClick={() => void ask()} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

/** One's own keys for programs. The key itself is seen once, when it is made. */
export function ApiKeys() {
  const list = useKeyset<ApiKey>(keys.apiKeys, "/auth/api-keys/", { limit: 100 });
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Section title={t("apiKeys.title")} actions={<Button onClick={() => setMaking(true)}>{t("apiKeys.new")}</Button>}>
      <Stack gap="sm">
        {secret && (
          <Alert color="green" title={t("apiKeys.made")} withCloseButton onClose={() => setSecret(null)}>
            <CopyLine value={secret} />
          </Alert>
        )}
        {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
        {!list.loading && !list.error && list.rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("apiKeys.none")}
          </Text>
        )}
        {list.rows.length > 0 && (
          <Table.ScrollContainer minWidth={620}>
            <Table aria-label={t("apiKeys.title")}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("common.name")}</Table.Th>
                  <Table.Th>{t("apiKeys.prefix")}</Table.Th>
                  <Table.Th>{t("apiKeys.scopes")}</Table.Th>
                  <Table.Th>{t("apiKeys.used")}</Table.Th>
                  <Table.Th>{t("apiKeys.ends")}</Table.Th>
                  <Table.Th aria-label={t("common.actions")} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.rows.map((apiKey) => (
                  <Row key={apiKey.id} apiKey={apiKey} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      </Stack>
      {making && <ApiKeyDialog onClose={() => setMaking(false)} onMade={setSecret} />}
    </Section>
  );
}
