/** What speaks against the label under judgement, what may be missing, and why the task came. Where nothing is told, nothing is shown. */
import { Badge, Button, Group, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { Aid, likelihood, named } from "../evidence/aid";
import type { Clue, Crop } from "../evidence/decode";
import { factsOf } from "../evidence/facts";
import { type ActionId, hint } from "../keys/keymap";
import { keyPreferences } from "../sync/preferences";
import { useDesk, useEditorState, useSessionState } from "./context";
import type { Desk } from "./desk";
import editor from "./Editor.module.css";
import css from "./Evidence.module.css";
import { t } from "./evidenceWords";
import { Panel } from "./Panel";
import { t as common } from "./words";

const CROP_PX = 54;

export default function EvidencePanel() {
  const desk = useDesk(),
    [aid, setAid] = useState<Aid | null>(null);
  useEffect(() => {
    const [made, stop] = openAid(desk);
    setAid(made);
    return stop;
  }, [desk]);
  return aid && <Panels aid={aid} />;
}

/** The evidence of the open task; where it comes after one's own word, it is asked for whenever one has reached the server. */
function openAid(desk: Desk): [Aid, () => void] {
  const { session, toolbox } = desk,
    { port, task } = session.loaded,
    later = task.config.showEvidence === "after my verdict";
  const aid = new Aid({
    editor: session.editor,
    later,
    told: { reason: task.routeReason, metrics: task.metrics },
    ask: () => port.evidence(task.id),
    pending: () => session.pending(),
    advance: (from) => session.advance(from),
    report: (label) => desk.missing(label),
    repaint: () => toolbox.repaint(),
  });
  desk.aid = aid;
  toolbox.under = aid.paint;
  void aid.ask();
  const again = (now: { waiting: number }, before: { waiting: number }) => {
    if (later && now.waiting < before.waiting) void aid.ask();
  };
  const stops = [session.verdicts.store.subscribe(again), () => aid.close()];
  return [
    aid,
    () => {
      for (const stop of stops) stop();
      desk.aid = null;
      toolbox.under = null;
    },
  ];
}

function Panels({ aid }: { aid: Aid }) {
  const { editor } = useDesk(),
    { evidence, at } = useStore(aid.store),
    focus = useEditorState((s) => s.focus ?? (s.selection.length === 1 ? s.selection[0] : undefined) ?? null);
  useEditorState((s) => s.version);
  const clue = aid.clueOf(focus),
    { open, missing } = aid;
  const last = clue || at ? null : aid.lastJudged();
  return (
    <>
      {clue && <OnLabel clue={clue} title={t("evidence")} offered />}
      {last && <OnLabel clue={last} title={t("justJudged", { name: nameOf(last) })} />}
      {(missing || open.length > 0) && <Missing aid={aid} clue={missing} open={open} />}
      {!aid.silent && <Why reason={evidence.reason} metrics={evidence.metrics} />}
    </>
  );

  function nameOf({ label, class: name }: Clue): string {
    const found = label ? editor.scene.get(label) : undefined;
    return found ? editor.vocabulary.nameOf(found) : name;
  }
}

/** A button with its key; the image has the keyboard back afterwards. */
function Act({ id, label, run, main = false }: { id: ActionId; label: string; run: () => void; main?: boolean }) {
  const desk = useDesk(),
    { overrides } = useStore(keyPreferences);
  return (
    <Button
      size="compact-xs"
      variant={main ? "light" : "default"}
      rightSection={<kbd className={editor.key}>{hint(id, overrides)}</kbd>}
      onClick={() => {
        run();
        desk.home();
      }}
    >
      {label}
    </Button>
  );
}

function Figures({ clue }: { clue: Clue }) {
  const { p, kind, calibrated, sentence } = clue;
  return (
    <>
      <div className={css.clue}>
        <span className={css.chance}>{likelihood(clue)}</span>
        {kind && kind !== "missing" && <Badge size="sm">{common(`kind.${kind}`)}</Badge>}
        {!calibrated && (
          <Tooltip multiline w={240} label={t("uncalibratedHint")} events={{ hover: true, focus: true, touch: true }}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it means must be within reach of the keyboard */}
            <span className={css.hint} tabIndex={0}>
              {t("uncalibrated")}
            </span>
          </Tooltip>
        )}
      </div>
      <div className={css.bar} data-likely={p >= 0.5 || undefined} aria-hidden>
        <span style={{ width: `${Math.round(p * 100)}%` }} />
      </div>
      {sentence && <p className={css.sentence}>{sentence}</p>}
    </>
  );
}

function OnLabel({ clue, title, offered = false }: { clue: Clue; title: string; offered?: boolean }) {
  const desk = useDesk(),
    readOnly = useEditorState((s) => s.readOnly),
    { seen, near } = clue;
  return (
    <Panel title={title}>
      <Figures clue={clue} />
      {seen && (
        <div className={css.model}>
          <span>
            {seen.item && offered && <span className={css.dash} aria-hidden />}
            {t("model", { name: named(seen) })}
          </span>
          {offered && seen.label && !readOnly && (
            <Act id="take-model" label={t("take")} main run={() => desk.aid?.answer("take")} />
          )}
        </div>
      )}
      {near.length > 0 && (
        <>
          <p className={css.small}>{t("near")}</p>
          <ul className={css.near} aria-label={t("near")}>
            {near.map((one) => (
              <li key={one.key} data-other={one.class !== clue.class || undefined} title={one.class}>
                <Picture crop={one.crop} />
                {one.class}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Picture({ crop: { url, x, y, size } }: { crop: Crop }) {
  return (
    <span className={css.crop} aria-hidden>
      <span
        style={{
          width: size,
          height: size,
          backgroundImage: `url("${url}")`,
          backgroundPosition: `${-x}px ${-y}px`,
          transform: `scale(${CROP_PX / size})`,
        }}
      />
    </span>
  );
}

function Missing({ aid, clue, open }: { aid: Aid; clue: Clue | null; open: readonly Clue[] }) {
  const holds = useSessionState((s) => s.holds),
    readOnly = useEditorState((s) => s.readOnly);
  const place = clue ? open.findIndex(({ id }) => id === clue.id) + 1 : 0;
  const seen = clue?.seen;
  return (
    <Panel
      title={t("mayBeMissing")}
      aside={place ? <span className={editor.faint}>{t("at", { at: place, of: open.length })}</span> : undefined}
    >
      {clue && seen ? (
        <>
          <div className={css.model}>
            <span>
              <span className={css.dash} aria-hidden />
              {t("model", { name: named(seen) })}
            </span>
          </div>
          <Figures clue={clue} />
          {holds && (
            <Group gap={6}>
              {!readOnly && <Act id="take-model" label={t("add")} main run={() => aid.answer("take")} />}
              <Act id="reject" label={t("report")} run={() => aid.answer("reject")} />
              <Act id="approve" label={t("nothingThere")} run={() => aid.answer("approve")} />
              {open.length > 1 && <Act id="next-missing" label={t("next")} run={() => aid.walk(1)} />}
            </Group>
          )}
        </>
      ) : (
        <Act id="next-missing" label={t("look", { count: open.length })} run={() => aid.walk(1)} />
      )}
    </Panel>
  );
}

/** Which router or person sent the task here and for which reason, and what is measured of it. */
function Why({ reason, metrics }: { reason: unknown; metrics: unknown }) {
  const known = factsOf(reason),
    // What the reason already names is not said twice.
    facts = [...known, ...factsOf(metrics).filter(({ name }) => !known.some((fact) => fact.name === name))],
    said = facts.filter(({ name }) => !name),
    measured = facts.filter(({ name }) => name);
  if (!facts.length) return null;
  return (
    <Panel title={t("whyHere")}>
      {said.map(({ value }) => (
        <p key={value} className={css.reason}>
          {value}
        </p>
      ))}
      <dl className={css.facts}>
        {measured.map((f) => (
          <div key={f.name + f.value}>
            <dt>{f.name}</dt>
            <dd>{f.value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
