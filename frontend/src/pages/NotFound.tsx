import { t } from "../app/t";
import { LinkButton } from "../ui/links";
import { Page } from "../ui/Page";
import { Empty } from "../ui/states";

export default function NotFound() {
  return (
    <Page title={t("error.pageMissing")} narrow>
      <Empty
        icon="search"
        title={t("error.pageMissing")}
        hint={t("error.pageMissingHint")}
        action={<LinkButton to="/queue">{t("error.home")}</LinkButton>}
      />
    </Page>
  );
}
