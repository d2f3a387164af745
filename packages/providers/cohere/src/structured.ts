import { ArgumentError, ResultError, type SchemaIssue, type StandardSchema } from "@batchwise/core";
import { check } from "./options.ts";

/** How the model's answer becomes a value. */
export interface StructuredOptions<Output> {
  /**
   * The outputs: the model is held to the schema's input by its JSON Schema, and its answer to the schema itself, whose
   * output is the Runnable's. Any Standard Schema (Zod, Valibot, ArkType, ...). Tell the model to answer in JSON, too:
   * Cohere's models can go on for ever otherwise.
   */
  readonly schema?: StandardSchema<unknown, Output>;
  /**
   * The JSON Schema to send.
   * @default the schema's own, from libraries that give it by the Standard JSON Schema interface, without the keywords
   * that Cohere does not take
   */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

/** What Cohere takes for a schema. */
export interface JsonFormat {
  readonly type: "json_object";
  readonly jsonSchema: Record<string, unknown>;
}

/** The part of the Standard JSON Schema interface (https://standardschema.dev/json-schema) that is needed. */
interface WithJsonSchema {
  readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> };
}

/** The format to ask for; undefined without a schema. @throws ArgumentError for a schema that can't be sent */
export function formatOf({ schema, jsonSchema }: StructuredOptions<unknown>): JsonFormat | undefined {
  check("jsonSchema", jsonSchema, (value) => typeof value === "object" && value !== null, "a JSON Schema");
  check("schema", schema, isSchema, "a Standard Schema (Zod, Valibot, ArkType, ...)");
  if (schema === undefined) {
    if (jsonSchema === undefined) return undefined;
    throw new ArgumentError(
      "Expected `schema` with `jsonSchema`, came `jsonSchema` alone. Give the schema that reads the model's answer, " +
        "or put `responseFormat` into `body` to get text.",
    );
  }
  return { type: "json_object", jsonSchema: { ...(jsonSchema ?? trimmed(ownJsonSchema(schema))) } };
}

/** The value in the model's text. @throws ResultError for text that is no JSON, or that the schema refuses */
export async function readStructured<Output>(schema: StandardSchema<unknown, Output>, text: string): Promise<Output> {
  const result = await schema["~standard"].validate(parse(text));
  if (result.issues === undefined) return result.value;
  throw new ResultError(`The schema refuses the model's output: ${result.issues.map(describe).join("; ")}`);
}

/**
 * Keywords that Cohere does not take; the schema itself checks what they ask for.
 *
 * Source: https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features, checked 2026-11-24.
 */
const NOT_TAKEN = new Set([
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
const NAMED = new Set(["properties", "$defs", "definitions"]);
/** Keywords whose values are data. */
const DATA = new Set(["enum", "const", "default", "examples", "required"]);

function trimmed(schema: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => isTaken(name, value))
      .map(([name, value]) => [name, DATA.has(name) ? value : trimmedIn(value, NAMED.has(name))]),
  );
}

function trimmedIn(value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => trimmedIn(each, false));
  if (typeof value !== "object" || value === null) return value;
  if (!named) return trimmed(value as Record<string, unknown>);
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, trimmedIn(schema, false)]));
}

function isTaken(name: string, value: unknown): boolean {
  if (name === "format") return FORMATS.has(value);
  if (name === "pattern") return !/[\^$]|\?=|\?!/.test(String(value));
  return !NOT_TAKEN.has(name);
}

function ownJsonSchema(schema: StandardSchema<unknown, unknown>): Record<string, unknown> {
  try {
    const made = (schema["~standard"] as WithJsonSchema).jsonSchema?.input({ target: "draft-07" });
    if (made !== undefined) return made;
  } catch (cause) {
    throw new ArgumentError(
      "The schema can't be put as a JSON Schema; the reason is in `cause`. Change it, or give `jsonSchema`.",
      {
        cause,
      },
    );
  }
  throw new ArgumentError(
    "Expected a schema that gives its own JSON Schema, came one that does not. Give `jsonSchema` too.",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ResultError(
      "Expected JSON from the model, came text that is none. Tell it to answer in JSON, or use another model.",
    );
  }
}

function isSchema(value: unknown): boolean {
  return typeof (value as Partial<StandardSchema> | null)?.["~standard"]?.validate === "function";
}

function describe({ message, path = [] }: SchemaIssue): string {
  const names = path.map((part) => String(typeof part === "object" ? part.key : part));
  return names.length === 0 ? message : `${names.join(".")}: ${message}`;
}
