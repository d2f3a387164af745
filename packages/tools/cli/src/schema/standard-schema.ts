import { ArgumentError, type SchemaIssue, type StandardSchema } from "@batchwise/core";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type JsonSchema, withNulls } from "./json-schema.ts";

/**
 * Standard Schema of a JSON Schema of draft 2020-12, or of draft-07 or draft-06 where its `$schema` says so. Formats are not
 * checked. Its own JSON Schema is what models are held to.
 *
 * @throws ArgumentError for what is not a JSON Schema
 */
export function standardSchemaOf(schema: JsonSchema): StandardSchema<unknown, unknown> {
  const validate = compiled(schema);
  const sent = withNulls(schema, true);
  const json = { input: () => sent, output: () => sent };
  const standard: WithJsonSchema = {
    version: 1,
    vendor: "batchwise",
    validate: (value) => (validate(value) ? { value } : { issues: (validate.errors ?? []).map(issueOf) }),
    jsonSchema: json,
  };
  return { "~standard": standard };
}

/** The interface with https://standardschema.dev/json-schema. */
type WithJsonSchema = StandardSchema<unknown, unknown>["~standard"] & {
  readonly jsonSchema: { readonly input: () => JsonSchema; readonly output: () => JsonSchema };
};

function compiled({ $schema: draft, ...schema }: JsonSchema): ValidateFunction {
  const Validator = /draft-0[67]/.test(String(draft)) ? Ajv : Ajv2020;
  try {
    // Not strict, without formats: an unknown keyword is meant for another program.
    const validator = new Validator({ allErrors: true, strict: false, validateFormats: false, logger: false });
    return validator.compile(withNulls(schema, false));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new ArgumentError(
      `Expected --schema to be a JSON Schema of draft 2020-12 or draft-07, got another: ${reason}`,
    );
  }
}

function issueOf({ instancePath, message = "is refused" }: ErrorObject): SchemaIssue {
  return { message, path: instancePath.split("/").slice(1) };
}
