import { ArgumentError, ResultError, type SchemaIssue, type StandardSchema } from "@batchwise/core";
import { standardResponseFormat, standardTextFormat } from "openai/helpers/standard-schema";
import type { ResponseFormatJSONSchema } from "openai/resources/shared";
import type { ResponseFormatTextJSONSchemaConfig } from "openai/resources/responses/responses";
import { check, isObject, isText } from "./options.ts";

/** How the model's answer becomes a value. */
export interface StructuredOptions<Output> {
  /**
   * The outputs: the model is held to the schema's input by its JSON Schema, and its answer to the schema itself, whose
   * output is the Runnable's. Any Standard Schema (Zod, Valibot, ArkType, ...).
   */
  readonly schema?: StandardSchema<unknown, Output>;
  /** The JSON Schema to send. @default the schema's own, from libraries that give it by the Standard JSON Schema interface */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** What the model is told that the output is: letters, digits, `_` and `-`, at most 64. @default "output" */
  readonly schemaName?: string;
}

/** Names of all options for structured output. */
export const STRUCTURED_OPTIONS: readonly (keyof StructuredOptions<unknown>)[] = ["schema", "jsonSchema", "schemaName"];

/** The schema as chat completions take it; undefined without one. @throws ArgumentError for one that can't be sent */
export function responseFormatOf(options: StructuredOptions<unknown>): ResponseFormatJSONSchema | undefined {
  return formatOf(options, standardResponseFormat);
}

/** The schema as responses take it; undefined without one. @throws ArgumentError for one that can't be sent */
export function textFormatOf(options: StructuredOptions<unknown>): ResponseFormatTextJSONSchemaConfig | undefined {
  return formatOf(options, standardTextFormat);
}

/** The value in the model's text. @throws ResultError for text that is no JSON, or that the schema refuses */
export async function readStructured<Output>(schema: StandardSchema<unknown, Output>, text: string): Promise<Output> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ResultError("Expected JSON from the model, came text that is none. Try again, or use another model.");
  }
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  throw new ResultError(`The schema refuses the model's output: ${result.issues.map(describe).join("; ")}`);
}

/** Both of the SDK's helpers make it strict: every property required, none beside them. */
function formatOf<Format extends object>(
  { schema, jsonSchema, schemaName = "output" }: StructuredOptions<unknown>,
  make: (schema: StandardSchema, name: string, props: { schema?: Record<string, unknown> }) => Format,
): Format | undefined {
  check("schemaName", schemaName, isName, "at most 64 letters, digits, _ and -");
  check("jsonSchema", jsonSchema, isObject, "a JSON Schema");
  if (schema === undefined) {
    if (jsonSchema === undefined) return undefined;
    throw new ArgumentError(
      "Expected `schema` with `jsonSchema`, came `jsonSchema` alone. Give the schema that reads the model's answer, " +
        "or put the format into `body` to get text.",
    );
  }
  check("schema", schema, isSchema, "a Standard Schema (Zod, Valibot, ArkType, ...)");
  try {
    // What is not enumerable is for the SDK's own parsing.
    return { ...make(schema, schemaName, jsonSchema === undefined ? {} : { schema: jsonSchema }) };
  } catch (cause) {
    throw new ArgumentError(
      "The schema can't be sent as a strict JSON Schema; the reason is in `cause`. Change it, or give `jsonSchema`.",
      { cause },
    );
  }
}

function isName(value: unknown): boolean {
  return isText(value) && /^[\w-]{1,64}$/.test(value as string);
}

function isSchema(value: unknown): boolean {
  return typeof (value as Partial<StandardSchema> | null)?.["~standard"]?.validate === "function";
}

function describe({ message, path = [] }: SchemaIssue): string {
  const names = path.map((part) => String(typeof part === "object" ? part.key : part));
  return names.length === 0 ? message : `${names.join(".")}: ${message}`;
}
