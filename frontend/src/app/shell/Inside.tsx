import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";
import { Outlet } from "@tanstack/react-router";
import { ConfirmHost } from "../../ui/confirm";
import { Overlays } from "./Overlays";
import { SessionExpired } from "./SessionExpired";

/** Around every page behind the door, the editor's included. */
export default function Inside() {
  return (
    <>
      <Outlet />
      <Overlays />
      <SessionExpired />
      <ConfirmHost />
      <Notifications position="bottom-right" limit={4} />
    </>
  );
}
