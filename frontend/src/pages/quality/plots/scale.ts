/** A place on an axis from 0 to `most`, in per cent of its length. */
export const place = (value: number, most = 1): number => Math.min(100, Math.max(0, (value / (most || 1)) * 100));

/** A share in words: more digits where there is less of it. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const percent = value * 100;
  if (percent >= 0.005 && percent < 0.095) return `${percent.toPrecision(1)} %`;
  return `${percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** "2.1 % (0.8 to 4.3)": a share with what it may also be. */
export function between(middle: number | null, low: number | null, high: number | null): string {
  if (middle === null) return "–";
  if (low === null || high === null) return share(middle);
  return `${share(middle)} (${share(low).replace(" %", "")} to ${share(high).replace(" %", "")})`;
}

/** The end of an axis: the least of 1, 2 and 5 times a power of ten that is not below `value`. */
export function niceEnd(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const found = [1, 2, 5, 10].find((step) => step * power >= value * 0.999) ?? 10;
  return found * power;
}

/** From where to where a bin of many reaches on the axis from 0 to 1. */
export const spanOf = (place: number, bins: number): [number, number] => [place / bins, (place + 1) / bins];

/** An expected number: whole where it is large. */
export const count = (value: number): string =>
  value >= 9.95 ? Math.round(value).toLocaleString("en") : value.toFixed(value === 0 ? 0 : 1);

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
