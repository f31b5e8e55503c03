import { useNavigate } from "@tanstack/react-router";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Dataset } from "../../api/types";
import { t } from "../../app/t";
import { TextLink } from "../../ui/links";
import { NamedList } from "../../ui/NamedList";

export default function DatasetsPage() {
  const navigate = useNavigate();
  return (
    <NamedList<Dataset>
      title={t("nav.datasets")}
      icon="photo"
      path="/datasets/"
      queryKey={keys.datasets}
      empty={t("datasets.none")}
      emptyHint={t("datasets.noneHint")}
      createLabel={t("datasets.new")}
      create={(name) => api.post<Dataset>("/datasets/", { name })}
      onCreated={({ id }) => void navigate({ to: "/datasets/$dataset", params: { dataset: id } })}
      link={(item) => (
        <TextLink to="/datasets/$dataset" params={{ dataset: item.id }} fw={600}>
          {item.name}
        </TextLink>
      )}
    />
  );
}
