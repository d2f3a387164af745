/** Fields of what was sent by a server or thrown by an SDK: each may be missing, or of any kind. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** A text that is not empty; undefined for anything else. */
export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A name or an id, which some servers have as a number; undefined for anything else, and a number whose last digits are lost. */
export function idIn(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : textIn(value);
}

/** A finite number from 0; undefined for anything else. */
export function countIn(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A number, or the one that a text writes; NaN for a text that writes none, undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value !== "string") return typeof value === "number" ? value : undefined;
  return value.trim() === "" ? Number.NaN : Number(value);
}

/** The value of a JSON text; undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields of an object, or of the one in a JSON text; undefined for anything else. */
export function objectIn(value: unknown): Fields | undefined {
  return fieldsOf(typeof value === "string" ? parseJson(value) : value);
}

/**
 * The value of a body in JSON. Gateways close one that is whole as they close a stream (decolua/9router#3492), or put a stream's
 * comments before it (router-for-me/CLIProxyAPI#417). Numbers that JSON does not have, as Python writes them, are null.
 */
export function parseBody(given: string): unknown {
  const text = given.replace(/^(?:\s*:.*\n)+/, "");
  const mark = text.lastIndexOf("data:");
  const isClosed = /^data:\s*\[DONE\]\s*$/.test(text.slice(mark));
  const body = isClosed ? text.slice(0, mark) : text;
  return parseJson(body) ?? parseJson(body.replaceAll(NOT_NUMBERS, (part) => (part.startsWith('"') ? part : "null")));
}

/** Texts, which stay, and what `json.dumps` makes of numbers that are not finite. */
const NOT_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs;
