import { Stack, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import { useKeyset } from "../../api/keyset";
import type { Dataset, DataUnit } from "../../api/types";
import { mayCreate, useMe } from "../../app/session";
import { t } from "../../app/t";
import { TextLink } from "../../ui/links";
import { Page, Section } from "../../ui/Page";
import { Empty, Failed, Loaded, Loading } from "../../ui/states";
import { Unavailable } from "../../ui/Unavailable";
import { UnitGrid } from "./UnitGrid";
import { Uploader } from "./Uploader";
import { UrlList } from "./UrlList";

function Units({ dataset }: { dataset: string }) {
  const list = useKeyset<DataUnit>(keys.dataUnits(dataset), `/datasets/${dataset}/data-units/`, { limit: 100 });
  if (list.loading) return <Loading />;
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (list.rows.length === 0)
    return <Empty icon="photo" title={t("datasets.noUnits")} hint={t("datasets.noUnitsHint")} />;
  return <UnitGrid list={list} />;
}

/** The images of a dataset, and the ways to add more. */
export default function DatasetPage() {
  const { dataset: id } = useParams({ from: "/inside/shell/datasets/$dataset" });
  const me = useMe();
  const query = useQuery({
    queryKey: keys.dataset(id),
    queryFn: ({ signal }) => api.get<Dataset>(`/datasets/${id}/`, { signal }),
  });
  if (query.error && !query.data) return <Unavailable error={query.error} retry={() => void query.refetch()} />;
  return (
    <Loaded query={query}>
      {(dataset) => (
        <Page
          title={dataset.name}
          above={
            <TextLink to="/datasets" size="xs">
              {t("nav.datasets")}
            </TextLink>
          }
        >
          <Stack gap="lg">
            {mayCreate(me) && (
              <Tabs defaultValue="files" keepMounted={false}>
                <Tabs.List mb="sm">
                  <Tabs.Tab value="files">{t("upload.files")}</Tabs.Tab>
                  <Tabs.Tab value="urls">{t("upload.urls")}</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="files">
                  <Uploader dataset={id} />
                </Tabs.Panel>
                <Tabs.Panel value="urls">
                  <UrlList dataset={id} />
                </Tabs.Panel>
              </Tabs>
            )}
            <Section title={t("datasets.units")}>
              <Units dataset={id} />
            </Section>
          </Stack>
        </Page>
      )}
    </Loaded>
  );
}
