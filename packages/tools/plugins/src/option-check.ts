import { ArgumentError } from "@batchwise/core";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { kindOf } from "./kind-of.ts";

/** Says of options all that the schema has against them. @throws ArgumentError, never with a value */
export type OptionCheck = (options: unknown) => void;

/** @throws ArgumentError where `schema` is no JSON Schema */
export function optionCheck(adapter: string, schema: Readonly<Record<string, unknown>>): OptionCheck {
  const validate = compile(adapter, schema);
  return (options) => {
    if (validate(options)) return;
    const problems = [...new Set((validate.errors ?? []).map(describe))];
    throw new ArgumentError(
      `${adapter} does not take these options: ${problems.join("; ")}. Its options: ${namesIn(schema)}.`,
    );
  };
}

function compile(adapter: string, schema: Readonly<Record<string, unknown>>): ValidateFunction {
  try {
    // Not strict, without formats: a keyword that is not known says something to somebody else.
    return new Ajv2020({
      allErrors: true,
      verbose: true,
      strict: false,
      validateFormats: false,
      logger: false,
    }).compile(schema);
  } catch (cause) {
    throw new ArgumentError(
      `The options of ${adapter} are no JSON Schema of draft 2020-12; the reason is in \`cause\`. Tell its author.`,
      { cause },
    );
  }
}

/** Of the values, only their kind is said: one of them may be a key. */
function describe({ keyword, instancePath, params, message = "is refused", data, schema }: ErrorObject): string {
  const name = instancePath.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  const of = name === "" ? "" : ` in \`${name}\``;
  const subject = name === "" ? "they" : `\`${name}\``;
  if (keyword === "required") return `\`${params["missingProperty"]}\` is missing${of}`;
  if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
    const unknown: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
    return `there is no \`${String(unknown)}\`${of}`;
  }
  if (keyword === "enum") return `${subject} must be one of ${JSON.stringify(schema)}`;
  return `${subject} ${message}, came ${kindOf(data)}`;
}

function namesIn({ properties }: Readonly<Record<string, unknown>>): string {
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return names.length === 0 ? "none" : names.join(", ");
}
