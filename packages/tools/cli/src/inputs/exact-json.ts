/**
 * Value of a JSON text, in which a number that JavaScript would write in another way, such as an id of 64 bits or a price of
 * 1.10, is written again as it was read. Undefined where there is no such number.
 *
 * @throws SyntaxError for a text that is not JSON
 */
export function exactJson(text: string): unknown {
  if (!ODD.test(text)) return undefined;
  return JSON.parse(text, (_, value: unknown, { source }: { readonly source?: string } = {}) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? rawJson(source) : value,
  );
}

/**
 * Value of a JSON text, in which such numbers are written again as they were read.
 *
 * @throws SyntaxError for a text that is not JSON
 */
export function parseExact(text: string): unknown {
  return exactJson(text) ?? JSON.parse(text);
}

/** 16 digits or more, an exponent, a last zero of a fraction, or zero with a sign. */
const ODD = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)|-0(?![.\d])/;

/** Value that JSON writes as this text. */
export const rawJson: (text: string) => unknown = (JSON as unknown as { readonly rawJSON: (text: string) => unknown })
  .rawJSON;
