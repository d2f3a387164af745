import { isObject } from "../inputs/values.ts";

/** JSON Schema of outputs. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The same schema, in which a property that is not required may be null as well: providers that hold a model to a schema
 * have it say every property, and null is then what it leaves out.
 *
 * @param isSent true for the schema that a model is held to, in which all properties are required
 */
export function withNulls(schema: JsonSchema, isSent: boolean): JsonSchema {
  const mapped = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, nested(keyword, value, isSent)]),
  );
  const { properties, required } = mapped;
  if (!isObject(properties)) return mapped;
  const names: ReadonlySet<unknown> = new Set(Array.isArray(required) ? required : []);
  return {
    ...mapped,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, names.has(name) ? property : orNull(property)]),
    ),
    ...(isSent && { required: Object.keys(properties) }),
  };
}

/** Keywords whose values are data. */
const DATA: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);
/** Keywords whose values are names with schemas. */
const NAMED: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions"]);

function nested(keyword: string, value: unknown, isSent: boolean): unknown {
  if (DATA.has(keyword)) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => (isObject(each) ? withNulls(each, isSent) : each));
  if (!isObject(value)) return value;
  if (!NAMED.has(keyword)) return withNulls(value, isSent);
  const schemas = Object.entries(value).map(([name, each]) => [name, isObject(each) ? withNulls(each, isSent) : each]);
  return Object.fromEntries(schemas) as JsonSchema;
}

function orNull(property: unknown): unknown {
  return takesNull(property) ? property : { anyOf: [property, { type: "null" }] };
}

function takesNull(schema: unknown): boolean {
  if (!isObject(schema)) return true;
  const { type, anyOf } = schema;
  return [type].flat().includes("null") || (Array.isArray(anyOf) && anyOf.some(takesNull));
}
