import prettyMilliseconds from "pretty-ms";

/** A whole number with separators: 10,379. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A count with its noun: "1 request", "2 requests". */
export function counted(value: number, noun: string, plural: string = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** Milliseconds in the two units that fit: "3ms", "1.2s", "2m 5s", "3h 10m". */
export function duration(milliseconds: number): string {
  return prettyMilliseconds(milliseconds, { unitCount: 2, secondsDecimalDigits: milliseconds < 10_000 ? 1 : 0 });
}

/** Dollars, to the cent, or to two digits where that would be nothing: "$1.20", "$0.00034". */
export function dollars(value: number): string {
  if (value === 0 || value >= 0.095) return `$${value.toFixed(2)}`;
  return `$${value.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 20 })}`;
}
