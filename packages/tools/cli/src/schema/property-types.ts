import { ArgumentError } from "@batchwise/core";
import type { ColumnType } from "../columns/column-type.ts";
import { isObject } from "../inputs/values.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Types of columns by the names of a schema's properties; undefined for texts, and for JSON as text. */
export type PropertyTypes = Readonly<Record<string, ColumnType | undefined>>;

/**
 * Columns of a table for the properties of a schema: 64-bit integers, doubles, booleans and texts. Lists, objects and values
 * of several types are JSON.
 *
 * @param taken names of the table's own columns
 * @throws ArgumentError for a schema without properties, or with one of those names
 */
export function propertyTypes(schema: JsonSchema, taken: readonly string[]): PropertyTypes {
  const properties = propertiesIn(schema);
  const names = [...properties.keys()];
  if (names.length === 0) {
    throw new ArgumentError(
      "Expected --schema to have properties for the columns of a table, got none. Give them, or write .jsonl.",
    );
  }
  const own = names.find((name) => taken.includes(name));
  if (own !== undefined) {
    throw new ArgumentError(
      `Expected --schema without a property of the name of the table's own columns (${taken.join(", ")}), got ${own}. Rename it.`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, columnType(name, typesIn(properties.get(name), schema))]));
}

/** Names of a schema's properties. */
export function propertyNames(schema: JsonSchema): string[] {
  return [...propertiesIn(schema).keys()];
}

/** Keywords whose schemas hold for the same value. */
const SAME = ["allOf", "anyOf", "oneOf"] as const;
/** Most schemas within each other: one may refer to itself. */
const DEEPEST = 20;

function propertiesIn(root: JsonSchema): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const each of samesOf(root, root, 0)) {
    const { properties } = each;
    if (isObject(properties)) for (const [name, property] of Object.entries(properties)) found.set(name, property);
  }
  return found;
}

/** Types of JSON that a schema's values have; none where it does not say. */
function typesIn(schema: unknown, root: JsonSchema): ReadonlySet<string> {
  return new Set(
    samesOf(schema, root, 0).flatMap(({ type, enum: values, const: value }) => {
      if (type !== undefined) return [type].flat().map(String);
      return [...(Array.isArray(values) ? values : []), ...(value === undefined ? [] : [value])].map(typeOf);
    }),
  );
}

/** A schema and all that hold for the same value, references followed. */
function samesOf(schema: unknown, root: JsonSchema, depth: number): JsonSchema[] {
  if (!isObject(schema) || depth > DEEPEST) return [];
  const { $ref: reference } = schema;
  const others: unknown[] = SAME.flatMap((keyword) =>
    Array.isArray(schema[keyword]) ? (schema[keyword] as unknown[]) : [],
  );
  if (typeof reference === "string") others.push(referred(reference, root));
  return [schema, ...others.flatMap((other) => samesOf(other, root, depth + 1))];
}

/** Schema that a reference within its document leads to. */
function referred(reference: string, root: JsonSchema): unknown {
  const names = reference
    .split("/")
    .slice(1)
    .map((name) => decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), root);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Number.isInteger(value)) return "integer";
  return Array.isArray(value) ? "array" : typeof value;
}

function columnType(name: string, types: ReadonlySet<string>): ColumnType | undefined {
  const known = [...types].filter((type) => type !== "null");
  if (known.length === 0) return undefined;
  if (known.every((type) => type === "integer")) return { kind: "integer", element: { name, type: "INT64" } };
  if (known.every((type) => type === "integer" || type === "number"))
    return { kind: "float", element: { name, type: "DOUBLE" } };
  return known.every((type) => type === "boolean")
    ? { kind: "boolean", element: { name, type: "BOOLEAN" } }
    : undefined;
}
