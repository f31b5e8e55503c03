import { Icon } from "../../ui/Icon";
import css from "./Crop.module.css";

const SIDE = 48;

interface Props {
  tile: { atlas_url: string | null; x: number | null; y: number | null; size: number | null };
}

/** A label's crop out of its sprite sheet, as soon as there is one. */
export function Crop({ tile: { atlas_url, x, y, size } }: Props) {
  if (!atlas_url || !size)
    return (
      <span className={css.crop} aria-hidden="true">
        <Icon name="photo" size={18} />
      </span>
    );
  return (
    <span className={css.crop} aria-hidden="true">
      <span
        className={css.sheet}
        style={{
          width: size,
          height: size,
          transform: `scale(${SIDE / size})`,
          backgroundImage: `url("${atlas_url}")`,
          backgroundPosition: `-${x ?? 0}px -${y ?? 0}px`,
        }}
      />
    </span>
  );
}
