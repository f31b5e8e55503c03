import { isProblem } from "../api/client";
import { t } from "../app/t";
import { LinkButton } from "./links";
import { Page } from "./Page";
import { Empty, Failed } from "./states";

/** In place of a page whose subject could not be read: it is not there for this person, or the reading failed. */
export function Unavailable({ error, retry }: { error: unknown; retry: () => void }) {
  const gone = isProblem(error, 404);
  return (
    <Page title={gone ? t("error.gone") : t("error.title")} narrow>
      {gone ? (
        <Empty
          icon="search"
          title={t("error.notFound")}
          action={<LinkButton to="/queue">{t("error.home")}</LinkButton>}
        />
      ) : (
        <Failed error={error} retry={retry} />
      )}
    </Page>
  );
}
