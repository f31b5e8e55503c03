import { iconPaths } from "./iconPaths";

export type IconName = keyof typeof iconPaths;

interface Props {
  name: IconName;
  size?: number;
  /** Spoken name; without one the icon is decoration. */
  label?: string;
  className?: string;
}

export function Icon({ name, size = 16, label, className }: Props) {
  const shape = <path d={iconPaths[name]} />;
  const common = {
    width: size,
    height: size,
    viewBox: "0 0 24 24",
    fill: "none",
    stroke: "currentColor",
    strokeWidth: 1.8,
    strokeLinecap: "round",
    strokeLinejoin: "round",
    className,
  } as const;
  if (!label) {
    return (
      <svg {...common} aria-hidden="true">
        {shape}
      </svg>
    );
  }
  return (
    <svg {...common} role="img" aria-label={label}>
      {shape}
    </svg>
  );
}
