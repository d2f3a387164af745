/**
 * Keywords that Cohere does not take; the schema itself checks what they ask for.
 *
 * Source: https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features, checked 2026-11-24.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  "$schema",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minLength",
  "maxLength",
  "additionalProperties",
]);
const FORMATS: ReadonlySet<unknown> = new Set(["date-time", "uuid", "date", "time"]);
/** Keywords whose values are names with schemas. */
const NAMED: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);
/** Keywords whose values are data. */
const DATA: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);

/** A JSON Schema without the keywords that Cohere does not take. */
export function takenSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => isTaken(name, value))
      .map(([name, value]) => [name, DATA.has(name) ? value : takenIn(value, NAMED.has(name))]),
  );
}

function takenIn(value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => takenIn(each, false));
  if (typeof value !== "object" || value === null) return value;
  if (!named) return takenSchema(value as Record<string, unknown>);
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, takenIn(schema, false)]));
}

function isTaken(name: string, value: unknown): boolean {
  if (name === "format") return FORMATS.has(value);
  if (name === "pattern") return !/[\^$]|\?=|\?!/.test(String(value));
  return !NOT_TAKEN.has(name);
}
