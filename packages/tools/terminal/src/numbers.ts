import prettyMilliseconds from "pretty-ms";

/** A whole number with separators: 10,379. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A count with its noun: "1 request", "2 requests". */
export function counted(value: number, noun: string, plural: string = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** Milliseconds in the two units that fit: "3 ms", "1.2 s", "2 min 5 s", "3 h 10 min". */
export function duration(milliseconds: number): string {
  const text = prettyMilliseconds(milliseconds, { unitCount: 2, secondsDecimalDigits: milliseconds < 10_000 ? 1 : 0 });
  return text.replaceAll(
    /(\d)(\p{L}+)/gu,
    (_, digit: string, unit: string) => `${digit} ${unit === "m" ? "min" : unit}`,
  );
}

/** Dollars, to the cent, or to two digits where that would be nothing: "$1.20", "$0.00034". */
export function dollars(value: number): string {
  if (value === 0 || value >= 0.095) return `$${value.toFixed(2)}`;
  return `$${value.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 20 })}`;
}
