import { useEffect, useMemo, useRef } from "react";
import { Mipmap } from "../canvas/photo";
import { listen } from "../canvas/pointer";
import { Surface } from "../canvas/surface";
import { loadImage } from "../sync/images";
import { useDesk, useEditorState } from "./context";
import css from "./Editor.module.css";
import { IssuePins } from "./IssuePins";
import { t } from "./words";

/** The canvas region. React owns the element and nothing inside the layers. */
export function Canvas() {
  const desk = useDesk(),
    region = useRef<HTMLDivElement>(null),
    layers = useRef<HTMLDivElement>(null);
  const cursor = useEditorState((s) => s.cursor),
    unit = desk.session.task.unit;
  const style = useMemo(() => ({ cursor }), [cursor]);

  useEffect(() => {
    const host = region.current,
      stack = layers.current;
    if (!host || !stack) return;
    const surface = new Surface(stack, desk.editor);
    surface.background = getComputedStyle(host).backgroundColor;
    surface.tool = desk.toolbox.paint;
    desk.toolbox.repaint = () => surface.invalidate();
    desk.region = host;
    desk.recall();
    const stop = listen(host, desk.toolbox);
    let gone = false;
    loadImage(unit).then(
      (bitmap) => {
        if (gone) return;
        surface.show(new Mipmap(bitmap, unit));
        host.dataset.canvas = unit.id;
      },
      (error: Error) => desk.editor.say(error.message, "warning"),
    );
    host.focus({ preventScroll: true });
    return () => {
      gone = true;
      stop();
      surface.close();
      desk.region = null;
    };
  }, [desk, unit]);

  return (
    <div className={css.stage}>
      <div
        ref={region}
        className={css.region}
        style={style}
        role="application"
        aria-label={t("canvas")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application region has keys of its own
        tabIndex={0}
        data-canvas
      >
        <div ref={layers} className={css.layers} />
      </div>
      <IssuePins />
    </div>
  );
}
