import { ArgumentError } from "@batchwise/core";
import { optionMeant } from "@batchwise/core/wrappers";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { kindOf } from "./kind-of.ts";

/** Checks options. @throws ArgumentError with all that the schema refuses, never with a value */
export type OptionCheck = (options: unknown) => void;

/** @throws ArgumentError when `schema` is not a JSON Schema */
export function optionCheck(adapter: string, schema: Readonly<Record<string, unknown>>): OptionCheck {
  const validate = compile(adapter, schema);
  return (options) => {
    if (validate(options)) return;
    const problems = [...new Set((validate.errors ?? []).map(describe))];
    throw new ArgumentError(
      `Expected options that ${adapter} takes, got these: ${problems.join("; ")}. Its options: ${namesIn(schema)}.`,
    );
  };
}

function compile(adapter: string, schema: Readonly<Record<string, unknown>>): ValidateFunction {
  try {
    // Not strict, without formats: an unknown keyword is meant for another program.
    return new Ajv2020({
      allErrors: true,
      verbose: true,
      strict: false,
      validateFormats: false,
      logger: false,
    }).compile(schema);
  } catch (cause) {
    throw new ArgumentError(
      `Expected the options of ${adapter} to be a JSON Schema of draft 2020-12, got another form; the reason is in \`cause\`. Tell its author.`,
      { cause },
    );
  }
}

/** Names a value by its kind alone: it may be a key. */
function describe({
  keyword,
  instancePath,
  params,
  message = "is refused",
  data,
  schema,
  parentSchema,
}: ErrorObject): string {
  const name = instancePath.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  const of = name === "" ? "" : ` in \`${name}\``;
  const subject = name === "" ? "they" : `\`${name}\``;
  if (keyword === "required") return `\`${params["missingProperty"]}\` is missing${of}`;
  if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
    const unknown: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
    const meant = optionMeant(String(unknown), Object.keys((parentSchema?.["properties"] as object | undefined) ?? {}));
    const hint = meant === undefined ? "" : ` (did you mean \`${meant}\`?)`;
    return `there is no \`${String(unknown)}\`${of}${hint}`;
  }
  if (keyword === "enum") return `${subject} must be one of ${JSON.stringify(schema)}`;
  return `${subject} ${message}, got ${kindOf(data)}`;
}

function namesIn({ properties }: Readonly<Record<string, unknown>>): string {
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return names.length === 0 ? "none" : names.join(", ");
}
