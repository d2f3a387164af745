import { ArgumentError, ResultError, type StandardSchema } from "@batchwise/core";
import { describeIssues } from "@batchwise/core/wrappers";
import { fieldsOf } from "./fields.ts";
import { jsonIn, jsonTextsIn } from "./json-in.ts";
import type { Option } from "./options/declaration.ts";

/** Schema by which a model's answer becomes a value. */
export interface StructuredOptions<Output> {
  /**
   * The outputs: the model is held to the schema's input by its JSON Schema, and its answer to the schema itself, whose
   * output is the Runnable's. Any Standard Schema (Zod, Valibot, ArkType, ...).
   */
  readonly schema?: StandardSchema<unknown, Output>;
  /** The JSON Schema to send. @default the schema's own, from libraries that give it by the Standard JSON Schema interface */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

/** Schema by which a model's answer becomes a value. */
export const STRUCTURED = {
  schema: {
    type: ["instance", "function"],
    description: "makes values of answers: any Standard Schema",
    expected: "a Standard Schema (Zod, Valibot, ArkType, ...)",
    holds: (value: unknown): boolean => typeof (value as Partial<StandardSchema>)["~standard"]?.validate === "function",
  } as Option<StandardSchema<unknown, unknown>>,
  jsonSchema: {
    type: "object",
    json: false,
    description: "the JSON Schema to send",
    otherwise: "the schema's own",
    expected: "a JSON Schema",
  } as Option<Readonly<Record<string, unknown>>>,
} as const;

/**
 * The format to ask a model for; undefined without a schema.
 *
 * @param make the schema as the provider takes it
 * @throws ArgumentError for a schema that can't be sent
 */
export function formatOf<Format>(
  { schema, jsonSchema }: StructuredOptions<unknown>,
  make: (schema: StandardSchema, jsonSchema: Readonly<Record<string, unknown>> | undefined) => Format,
): Format | undefined {
  if (schema === undefined) {
    if (jsonSchema === undefined) return undefined;
    throw new ArgumentError(
      "Expected `schema` with `jsonSchema`, got `jsonSchema` alone. Give the schema that reads the model's answer, " +
        "or put the format into `body` to get text.",
    );
  }
  try {
    return make(schema, jsonSchema);
  } catch (cause) {
    throw new ArgumentError(
      "Expected a schema that can be sent as a JSON Schema, got one that can't; the reason is in `cause`. " +
        "Change it, or give `jsonSchema`.",
      { cause },
    );
  }
}

/** The part of the Standard JSON Schema interface (https://standardschema.dev/json-schema) that is needed. */
interface WithJsonSchema {
  readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> };
}

/** A schema's own JSON Schema (draft 07). @throws Error for a schema that does not give one */
export function jsonSchemaOf(schema: StandardSchema): Readonly<Record<string, unknown>> {
  const made = (schema["~standard"] as WithJsonSchema).jsonSchema?.input({ target: "draft-07" });
  if (made === undefined)
    throw new TypeError("Expected a schema that gives its own JSON Schema, got one that does not.");
  return made;
}

/**
 * The value in a model's text: JSON alone, behind what the model thought, in a code fence or half of one, or the one JSON
 * object or array in a text around it; or, where the schema refuses that, what is in it: JSON in a text, the arguments of a
 * tool's call, or the only part of an object or list that a model or a gateway has put around the value.
 *
 * @param parts messages that the text is made of: it may be the whole of one, behind a fragment
 * @throws ResultError for text in which there is no JSON or more than one, whose value the schema refuses, or whose integers
 * would be rounded
 */
export async function readStructured<Output>(
  schema: StandardSchema<unknown, Output>,
  text: string,
  parts: readonly string[] = [],
): Promise<Output> {
  const values = jsonIn(text);
  if (jsonTextsIn(text).some(isRounded)) {
    throw new ResultError(
      "Expected numbers that JavaScript reads as they are written, got an integer beyond 2^53. " +
        "Ask for a string in its place, in the schema and in the prompt.",
    );
  }
  const results = await validated(schema, values);
  const calls = text.includes("<tool_call>") ? values.flatMap(argumentsIn) : [];
  // A schema that takes the call itself keeps its arguments.
  const taken = results.filter(isTaken).filter(({ value }) => calls.length === 0 || argumentsIn(value).length > 0);
  if (taken.length === 1) return taken[0]!.value;
  // What was written twice over or has something around it, and a fragment before the whole of it.
  const hidden = [...(calls.length > 0 ? calls : values.flatMap(within)), ...parts.flatMap(jsonIn)];
  const found = taken.length === 0 ? (await validated(schema, hidden)).filter(isTaken) : [];
  if (found.length === 1) return found[0]!.value;
  const { issues } = results[0] ?? {};
  throw new ResultError(
    values.length > 1 || issues === undefined
      ? `Expected JSON from the model, got ${values.length > 1 ? "more than one value" : "another text"}. ` +
          "Tell it to answer in JSON, try again, or use another model."
      : `Expected an output that the schema takes, got one that it refuses: ${describeIssues(issues)}.`,
  );
}

/**
 * JSON in a text, the arguments of a tool's call, or the only part of an object or list, which may be one of these. The part of a
 * failure is not the value.
 */
function within(value: unknown): unknown[] {
  if (typeof value === "string") return jsonIn(value);
  const [[name, part] = [], another] = Object.entries(fieldsOf(value) ?? {});
  if (name === undefined || another !== undefined || FAILURES.has(name)) return calledIn(value);
  return typeof part === "string" ? [part, ...jsonIn(part)] : [part, ...calledIn(part)];
}

/**
 * Arguments of a call that models write in the place of an answer, as Llama's do: `{ "name": ..., "parameters": ... }`, with
 * nothing else but a type and an id.
 */
function calledIn(value: unknown): unknown[] {
  const call = fieldsOf(fieldsOf(value)?.["function"] ?? value) ?? {};
  const isCall = typeof call["name"] === "string" && Object.keys(call).every((name) => OF_CALL.has(name));
  return isCall ? argumentsIn({ arguments: call["arguments"] ?? call["parameters"] }) : [];
}

const OF_CALL: ReadonlySet<string> = new Set(["name", "arguments", "parameters", "type", "id"]);

/** Parts in which servers and models say what went wrong. */
const FAILURES: ReadonlySet<string> = new Set(["error", "errors", "detail"]);

/** Arguments of a tool's call, which may be JSON in a text. */
function argumentsIn(call: unknown): unknown[] {
  const given = fieldsOf(call)?.["arguments"];
  return typeof given === "string" ? jsonIn(given) : given === undefined ? [] : [given];
}

/** Tells whether an integer in JSON has digits that a number loses, as ids of 64 bits have. */
function isRounded(json: string): boolean {
  if (!/\d{16}/.test(json)) return false;
  let isFound = false;
  JSON.parse(json, (_, value: unknown, { source = "" }: { readonly source?: string } = {}) => {
    isFound ||= typeof value === "number" && /^-?\d+$/.test(source) && BigInt(value) !== BigInt(source);
    return value;
  });
  return isFound;
}

async function validated<Output>(
  schema: StandardSchema<unknown, Output>,
  values: readonly unknown[],
): Promise<Validation<Output>[]> {
  return Promise.all(values.map(async (value) => schema["~standard"].validate(value)));
}

type Validation<Output> = Awaited<ReturnType<StandardSchema<unknown, Output>["~standard"]["validate"]>>;

function isTaken<Output>(
  result: Validation<Output>,
): result is Extract<Validation<Output>, { readonly value: Output }> {
  return result.issues === undefined;
}
