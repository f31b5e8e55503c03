import { say } from "./messages";
import classes from "./notebook.module.css";
import type { Shown } from "./screen";

/** So many classes have a key and a button; further ones are in a list. */
const KEYS = 9;

interface Props {
  shown: Shown;
  seen: number;
  /** Everything has been in view. */
  all: boolean;
  marked: number;
  busy: boolean;
  choices: readonly string[];
  armed: string;
  onArm: (name: string) => void;
  onCommit: () => void;
  onUndo: () => void;
  onLook: () => void;
}

/** What a click does, how far one is, and the way on. */
export function Bar({ shown, seen, all, marked, busy, choices, armed, onArm, ...on }: Props) {
  const count = shown.items?.length ?? 0;
  const rest = choices.slice(KEYS);
  return (
    <div className={classes.bar}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend. */}
      <div className={classes.part} role="group" aria-label={say("markAs")}>
        {["", ...choices.slice(0, KEYS)].map((name, at) => (
          <button
            type="button"
            key={name}
            className={name ? undefined : classes.flag}
            aria-pressed={armed === name}
            onClick={() => onArm(name)}
          >
            {name ? (
              <>
                <small aria-hidden="true">{at}</small> {name}
              </>
            ) : (
              say("flag")
            )}
          </button>
        ))}
        {rest.length > 0 && (
          <select
            aria-label={say("moreClasses")}
            value={rest.includes(armed) ? armed : ""}
            onChange={(event) => onArm(event.currentTarget.value)}
          >
            <option value="">{say("moreClasses")}</option>
            {rest.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </div>
      <div className={classes.part}>
        <output aria-live="polite">
          {say("seen", { count: Math.min(seen, count) })} · {say("marked", { count: marked })} ·{" "}
          {say("left", { count: shown.left ?? 0 })}
        </output>
        <button type="button" onClick={on.onLook}>
          {say("look")}
        </button>
        <button type="button" disabled={!shown.can_undo || busy} onClick={on.onUndo}>
          {say("undo")}
        </button>
        <button type="button" className={classes.go} aria-busy={busy} onClick={on.onCommit}>
          {say(all ? "commit" : "further")}
        </button>
      </div>
    </div>
  );
}
