import { ActionIcon, Badge, type BadgeProps, Code, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import type { ComponentPropsWithoutRef } from "react";
import type { Person, StageType, TaskStatus } from "../api/types";
import { formatDateTime, timeAgo } from "../app/format";
import { t, tValue } from "../app/t";
import { Icon, type IconName } from "./Icon";

export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return null;
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {timeAgo(at)}
    </time>
  );
}

const STATUS_COLOR: Record<TaskStatus, string> = {
  waiting: "gray.5",
  claimed: "lapis",
  routing: "violet",
  complete: "green",
  archived: "gray.5",
};

export function StatusBadge({ status, ...rest }: { status: TaskStatus } & BadgeProps) {
  return (
    <Badge variant="dot" color={STATUS_COLOR[status] ?? "gray"} {...rest}>
      {tValue("status", status)}
    </Badge>
  );
}

export const STAGE_ICON: Record<StageType, IconName> = {
  annotate: "edit",
  review: "eye",
  expert_review: "flag",
  consensus: "users",
  router: "git-branch",
  agent: "robot",
  complete: "circle-check",
  archive: "archive",
};

export function PersonName({ person, me }: { person: Person | null; me?: string }) {
  if (!person)
    return (
      <Text span size="sm" c="dimmed">
        –
      </Text>
    );
  return (
    <Text span size="sm" title={person.email}>
      {person.name || person.email}
      {person.id === me && (
        <Text span size="xs" c="dimmed">
          {" "}
          ({t("common.you")})
        </Text>
      )}
    </Text>
  );
}

type IconButtonProps = { icon: IconName; label: string; color?: string; variant?: string; size?: string } & Omit<
  ComponentPropsWithoutRef<"button">,
  "color"
>;

/** A button that is only an icon always has a spoken and a hovering name. */
export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} {...rest}>
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

/** A secret or address shown once, with a button that copies it. */
export function CopyLine({ value }: { value: string }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Code block flex={1} style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {value}
      </Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <IconButton
            icon={copied ? "check" : "copy"}
            label={copied ? t("common.copied") : t("common.copy")}
            onClick={copy}
          />
        )}
      </CopyButton>
    </Group>
  );
}
