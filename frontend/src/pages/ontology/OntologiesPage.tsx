import { useNavigate } from "@tanstack/react-router";
import { api } from "../../api/client";
import { keys } from "../../api/keys";
import type { Ontology } from "../../api/types";
import { t } from "../../app/t";
import { TextLink } from "../../ui/links";
import { NamedList } from "../../ui/NamedList";

export default function OntologiesPage() {
  const navigate = useNavigate();
  return (
    <NamedList<Ontology>
      title={t("nav.ontologies")}
      icon="category"
      path="/ontologies/"
      queryKey={keys.ontologies}
      empty={t("ontology.none")}
      emptyHint={t("ontology.noneHint")}
      createLabel={t("ontology.new")}
      create={(name) => api.post<Ontology>("/ontologies/", { name, objects: [], classifications: [] })}
      onCreated={({ id }) => void navigate({ to: "/ontologies/$ontology", params: { ontology: id } })}
      link={(item) => (
        <TextLink to="/ontologies/$ontology" params={{ ontology: item.id }} fw={600}>
          {item.name}
        </TextLink>
      )}
      detail={(item) => (item.objects ? item.objects.map(({ name }) => name).join(", ") : "")}
    />
  );
}
