import { t } from "./t";

type Notice = { message: string; color?: string; autoClose?: number };

/** Says something in the corner of the window. The part that draws it is loaded when there is something to say. */
export function notify(notice: Notice): void {
  void import("@mantine/notifications").then(({ notifications }) =>
    notifications.show({ ...notice, closeButtonProps: { "aria-label": t("common.close") } }),
  );
}
