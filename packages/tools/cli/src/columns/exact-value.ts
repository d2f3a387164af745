import type { ParquetParsers } from "hyparquet";
import { exactJson, rawJson } from "../inputs/exact-json.ts";
import { utf8 } from "../inputs/lines.ts";
import { shortestFloat } from "../outputs/shortest-float.ts";
import { type ColumnType, fractionDigitsOf, isMoment, scaleOf } from "./column-type.ts";

/** Value of a column, twice. */
export interface ColumnValue {
  /** Value for an adapter. */
  readonly value: unknown;
  /** Value that JSON writes with all digits of the file. */
  readonly exact: unknown;
}

/** Parsers of a Parquet reader: times as texts with all their digits, and texts that are not UTF-8 as their bytes. */
export const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (count) => momentOf(count, 3),
  timestampFromMicroseconds: (count) => momentOf(count, 6),
  timestampFromNanoseconds: (count) => momentOf(count, 9),
  dateFromDays: dayOf,
  stringFromBytes: textOf,
  jsonFromBytes: textOf,
};

/** Error of a value that is not what its column's type says. */
export class MistypedValue extends Error {
  override readonly name = "MistypedValue";
  /** Kind that the value should be of. */
  readonly kind: "text" | "json";

  constructor(kind: "text" | "json") {
    super(`Expected a value of the kind ${kind}, got another.`);
    this.kind = kind;
  }
}

/**
 * Reads a value of a column, as a Parquet reader with these parsers gives it.
 *
 * @throws MistypedValue for a text that is not UTF-8 or, in a column of JSON, not JSON; in a list or an object, too
 */
export function columnValue(value: unknown, type: ColumnType): ColumnValue {
  const { kind, element } = type;
  if (value === null || value === undefined) return same(null);
  switch (kind) {
    case "integer":
      return typeof value === "bigint" ? numberOf(String(value)) : { value, exact: value };
    case "float":
      return floatOf(value as number, element.type === "FLOAT");
    case "decimal":
      return numberOf(decimalOf(value as number | bigint | Uint8Array, scaleOf(element)));
    case "timestamp":
      return same(isMoment(element) ? value : (value as string).replace(/Z$/, ""));
    case "time":
      return same(timeOf(BigInt(value as number | bigint), fractionDigitsOf(element)));
    case "bytes":
      return { value: textOf(value as Uint8Array), exact: Buffer.from(value as Uint8Array).toString("base64") };
    case "uuid":
      return same(typeof value === "string" ? value : uuidOf(value as Uint8Array));
    case "text":
      return same(wholeText(value));
    case "json":
      return jsonOf(wholeText(value));
    case "nested":
    case "opaque":
      return { value: nestedValue(value, type, "value"), exact: nestedValue(value, type, "exact") };
    default:
      return same(value);
  }
}

function same(value: unknown): ColumnValue {
  return { value, exact: value };
}

/** A number, as an adapter's text where it has more digits than a number of JavaScript holds. */
function numberOf(digits: string): ColumnValue {
  const number = Number(digits);
  const isHeld = digits.replaceAll(/\D/g, "").length <= 15 || String(number) === digits;
  return { value: isHeld ? number : digits, exact: String(number) === digits ? number : rawJson(digits) };
}

/** JSON has no infinity, and no NaN. */
function floatOf(value: number, isSingle: boolean): ColumnValue {
  const exact = Object.is(value, -0) ? rawJson("-0") : isSingle ? shortestFloat(value) : value;
  return { value, exact: Number.isFinite(value) ? exact : String(value) };
}

function decimalOf(unscaled: number | bigint | Uint8Array, scale: number): string {
  const whole = typeof unscaled === "object" ? integerOf(unscaled) : BigInt(unscaled);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const at = digits.length - scale;
  return `${whole < 0n ? "-" : ""}${digits.slice(0, at)}${scale > 0 ? `.${digits.slice(at)}` : ""}`;
}

/** Integer of bytes, the most significant first. */
function integerOf(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).toString("hex");
  return hex === "" ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

/** Time in ISO 8601 of a count of seconds or their fractions, by digits of a second; the count beyond the years of a Date. */
export function momentOf(count: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const fraction = ((count % unit) + unit) % unit;
  const date = new Date(Number((count - fraction) / unit) * 1000);
  if (Number.isNaN(date.getTime())) return String(count);
  return `${date.toISOString().slice(0, -5)}.${String(fraction).padStart(digits, "0")}Z`;
}

/** Time of a day, such as 23:59:59.000, of a count of fractions of a second, by digits of a second. */
function timeOf(count: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = count / unit;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return count < 0n ? String(count) : `${clock}.${String(count % unit).padStart(digits, "0")}`;
}

export function dayOf(days: number): string {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().replace(/T.*/, "");
}

/** Text of bytes; the bytes where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | Uint8Array {
  return utf8(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? bytes;
}

/** Text of a value, whose bytes are there where a reader has no parser for its type. */
function wholeText(value: unknown): string {
  const text = value instanceof Uint8Array ? textOf(value) : value;
  if (typeof text !== "string") throw new MistypedValue("text");
  return text;
}

function uuidOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function jsonOf(text: string): ColumnValue {
  try {
    const value = JSON.parse(text) as unknown;
    return { value, exact: exactJson(text) ?? value };
  } catch {
    // The parser's own message quotes the text.
    throw new MistypedValue("json");
  }
}

/** A list or an object, whose values are those of its columns. */
function nestedValue(value: unknown, type: ColumnType, form: keyof ColumnValue): unknown {
  const { element, children } = type;
  if (value === null || value === undefined) return null;
  if (children === undefined) return isLeaf(type) ? columnValue(value, type)[form] : untyped(value, form);
  if (value instanceof Float32Array && value.every(isPlain)) return value;
  if (Array.isArray(value) || value instanceof Float32Array) {
    const item = itemOf(type, children);
    return Array.from(value, (each: unknown) => nestedValue(each, item, form));
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const ofMap = element.converted_type === "MAP" ? children[0]?.children?.[1] : undefined;
  const named =
    ofMap === undefined
      ? children.map((child) => [child.element.name, child] as const)
      : Object.keys(fields).map((name) => [name, ofMap] as const);
  return Object.fromEntries(named.map(([name, child]) => [name, nestedValue(fields[name], child, form)]));
}

/** True for a number that JSON has. */
function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isLeaf({ kind }: ColumnType): boolean {
  return kind !== "nested" && kind !== "opaque";
}

/** Type of a list's items: `LIST` has a level in between, and what is only repeated has none. */
function itemOf(type: ColumnType, children: readonly ColumnType[]): ColumnType {
  const [inner = type] = children;
  if (type.element.converted_type !== "LIST") return type.element.type === undefined ? type : inner;
  const [only] = inner.children?.length === 1 ? inner.children : [];
  return only ?? inner;
}

/** Value of a variant or of a geometry, to which the reader gives its types. */
function untyped(value: unknown, form: keyof ColumnValue): unknown {
  if (value instanceof Uint8Array) return textOf(value);
  if (typeof value === "bigint") return numberOf(String(value))[form];
  if (Array.isArray(value)) return value.map((each) => untyped(each, form));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, untyped(each, form)]));
}
