import { type ColumnType, fractionDigitsOf } from "./column-type.ts";

/** Value of a column in the form that its files store it. */
export type StoredValue = string | number | bigint | boolean | Uint8Array;

/** Reads the text of a kept value, as `columnValue` and JSON write it, as its type. */
export function storedValue(text: string, { kind, element }: ColumnType): StoredValue {
  switch (kind) {
    case "integer":
      return element.type === "INT64" ? BigInt(text) : Number(text);
    case "float":
      return Number(text);
    case "decimal":
      return BigInt(text.replace(".", ""));
    case "boolean":
      return text === "true";
    case "timestamp":
      return countOf(text, fractionDigitsOf(element));
    case "time": {
      const count = timeCountOf(text);
      return element.type === "INT32" ? Number(count) : count;
    }
    case "date":
      return WHOLE.test(text) ? Number(text) : Date.parse(text) / 86_400_000;
    case "bytes":
      return Buffer.from(text, "base64");
    default:
      return text;
  }
}

/** A count of days or of fractions of a second, beyond the years of a Date. */
const WHOLE = /^-?\d+$/;

/** Fractions of a second since 1970, of which a second has 10 to the power of `digits`. */
function countOf(text: string, digits: number): bigint {
  if (WHOLE.test(text)) return BigInt(text);
  const at = text.indexOf(".");
  const seconds = Date.parse(`${text.slice(0, at)}Z`) / 1000;
  return BigInt(seconds) * 10n ** BigInt(digits) + BigInt(text.slice(at + 1, at + 1 + digits));
}

/** Count of fractions of a second since midnight, in which the text gives it. */
function timeCountOf(text: string): bigint {
  if (WHOLE.test(text)) return BigInt(text);
  const [hours = 0n, minutes = 0n, seconds = 0n, fraction = 0n] = text.split(/[:.]/).map(BigInt);
  const digits = text.length - text.indexOf(".") - 1;
  return ((hours * 60n + minutes) * 60n + seconds) * 10n ** BigInt(digits) + fraction;
}
