import { Badge, Box, Divider, Group, ScrollArea, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useUnread } from "../../api/inbox";
import { useProject } from "../../api/projects";
import { IconButton } from "../../ui/bits";
import { Icon, type IconName } from "../../ui/Icon";
import { NavItem } from "../../ui/links";
import { judges, manages, seesAll } from "../session";
import { t } from "../t";
import { AccountMenu } from "./AccountMenu";
import { Brand } from "./Brand";
import { openPalette } from "./overlays";
import classes from "./Shell.module.css";

const glyph = (name: IconName) => <Icon name={name} />;
const look = { className: classes.item, activeProps: { "data-active": true, "aria-current": "page" as const } };

/** The pages of the project that is open. */
function ProjectPages({ id }: { id: string }) {
  const { data: project } = useProject(id);
  const params = { project: id };
  const roles = project?.my_roles ?? [];
  const links: ReactNode = (
    <>
      <NavItem
        to="/projects/$project"
        params={params}
        label={t("nav.overview")}
        activeOptions={{ exact: true }}
        {...look}
      />
      <NavItem to="/projects/$project/tasks" params={params} label={t("nav.tasks")} {...look} />
      {seesAll(roles) && (
        <>
          <NavItem to="/projects/$project/workflow" params={params} label={t("nav.workflow")} {...look} />
          <NavItem to="/projects/$project/people" params={params} label={t("nav.people")} {...look} />
          <NavItem to="/projects/$project/transfer" params={params} label={t("nav.transfer")} {...look} />
        </>
      )}
      {judges(roles) && <NavItem to="/projects/$project/grid" params={params} label={t("nav.grid")} {...look} />}
      {manages(roles) && (
        <>
          <NavItem to="/projects/$project/quality" params={params} label={t("nav.quality")} {...look} />
          <NavItem to="/projects/$project/assistant" params={params} label={t("nav.assistant")} {...look} />
        </>
      )}
    </>
  );
  return (
    <Box className={classes.group}>
      <Text size="xs" fw={600} px="sm" py={4} truncate title={project?.name}>
        {project?.name ?? "…"}
      </Text>
      {links}
    </Box>
  );
}

function InboxItem() {
  const unread = useUnread();
  const badge =
    unread > 0 ? (
      <Badge size="sm" variant="filled" aria-label={t("nav.unread", { count: unread })}>
        {unread > 99 ? "99+" : unread}
      </Badge>
    ) : undefined;
  return <NavItem to="/inbox" label={t("nav.inbox")} leftSection={glyph("inbox")} rightSection={badge} {...look} />;
}

export function Navigation() {
  const { project } = useParams({ strict: false });
  return (
    <Stack h="100%" gap={4} component="nav" aria-label={t("nav.label")}>
      <Group justify="space-between" px={6} pb={6} visibleFrom="sm" wrap="nowrap">
        <Brand />
        <IconButton icon="search" label={t("nav.palette")} onClick={openPalette} />
      </Group>
      <ScrollArea flex={1} scrollbarSize={6}>
        <NavItem to="/queue" label={t("nav.queue")} leftSection={glyph("list-check")} {...look} />
        <InboxItem />
        <NavItem
          to="/projects"
          label={t("nav.projects")}
          leftSection={glyph("folder")}
          activeOptions={{ exact: true }}
          {...look}
        />
        {project && <ProjectPages id={project} />}
        <NavItem to="/ontologies" label={t("nav.ontologies")} leftSection={glyph("category")} {...look} />
        <NavItem to="/datasets" label={t("nav.datasets")} leftSection={glyph("photo")} {...look} />
        <NavItem to="/organization" label={t("nav.organization")} leftSection={glyph("building")} {...look} />
      </ScrollArea>
      <Divider />
      <AccountMenu />
    </Stack>
  );
}
