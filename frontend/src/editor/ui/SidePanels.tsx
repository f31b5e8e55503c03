/** Panels that say what came back and with which reason, and the issues. */
import { Badge, Text } from "@mantine/core";
import { standingVerdicts } from "../core/review";
import { useDesk, useDeskState, useEditorState, useIssues, useSessionState } from "./context";
import css from "./Editor.module.css";
import { reveal } from "./handlers";
import { IssueThread } from "./IssuePins";
import { Panel } from "./Panel";
import { t } from "./words";

/** Each rejected label with its reason, for the one who is to mend it. */
export function Returned() {
  const desk = useDesk(),
    { editor, session } = desk,
    past = useSessionState((s) => s.past),
    selection = useEditorState((s) => s.selection);
  useEditorState((s) => s.version);
  if (session.state.mode !== "annotate" || session.task.round < 2) return null;
  const last = past.filter((v) => v.round === session.task.round - 1 && v.verdict === "rejected" && !v.superseded);
  const labels = [...standingVerdicts(past).values()].filter((v) => v.verdict === "rejected"),
    missing = last.filter((v) => v.label === null);
  if (!labels.length && !missing.length) return null;
  return (
    <Panel title={t("returned")}>
      <ul className={css.plainList}>
        {[...labels, ...missing].map((v) => {
          const label = v.label ? editor.scene.get(v.label) : undefined;
          return (
            <li key={v.id}>
              <button
                type="button"
                className={css.returned}
                aria-pressed={v.label !== null && selection.includes(v.label)}
                disabled={!label}
                onClick={() => {
                  if (v.label) {
                    editor.select([v.label]);
                    reveal(desk, v.label);
                    desk.home();
                  }
                }}
              >
                <span className={css.verdict} data-verdict="rejected">
                  ✗ {v.kind ? t(`kind.${v.kind}` as "kind.missing") : t("verdict.rejected")}
                </span>
                <span>
                  {label ? editor.vocabulary.nameOf(label) : v.label === null ? t("returnedMissing") : t("deleted")}
                </span>
                {(v.reason || v.comment) && (
                  <Text span size="xs" c="dimmed">
                    {v.reason || v.comment}
                  </Text>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

export function Issues() {
  const desk = useDesk(),
    issues = useIssues(),
    open = useDeskState((s) => s.openIssue);
  const start = (
    <button type="button" className={css.plain} onClick={() => desk.startIssue()}>
      {t("newIssue")}
    </button>
  );
  const show = (id: string, x: number | null, y: number | null) => {
    desk.set({ openIssue: open === id ? null : id });
    if (x === null || y === null) return;
    const { view, port } = desk.editor.state;
    desk.editor.setView({ k: view.k, x: port.width / 2 - x * view.k, y: port.height / 2 - y * view.k });
  };
  return (
    <Panel title={t("issues")} aside={start}>
      {!issues.length && <p className={css.empty}>{t("noIssues")}</p>}
      <ul className={css.plainList}>
        {issues.map((issue, i) => (
          <li key={issue.id}>
            <button
              type="button"
              className={css.returned}
              aria-expanded={open === issue.id}
              onClick={() => show(issue.id, issue.x, issue.y)}
            >
              <span>
                {i + 1}. {issue.text}
              </span>
              <Text span size="xs" c="dimmed">
                {issue.author}
              </Text>
              {issue.resolved && <Badge size="xs">{t("resolved")}</Badge>}
            </button>
            {open === issue.id && <IssueThread issue={issue} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
