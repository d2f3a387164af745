/**
 * Value of a JSON text, in which a number with more digits than a number of JavaScript holds, such as an id of 64 bits, is
 * written again as it was read. Undefined where there is no such number.
 *
 * @throws SyntaxError for a text that is not JSON
 */
export function exactJson(text: string): unknown {
  if (!LONG.test(text)) return undefined;
  return JSON.parse(text, (_, value: unknown, { source }: { readonly source?: string } = {}) =>
    typeof value === "number" && source !== undefined && isLossy(value, source) ? rawJson(source) : value,
  );
}

/** 16 digits or more, or an exponent beyond a number's. */
const LONG = /[\d.]{16}|\d[eE]\+?\d{3}/;

function isLossy(value: number, source: string): boolean {
  return !Number.isFinite(value) || (source.replaceAll(/\D/g, "").length > 15 && String(value) !== source);
}

const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
