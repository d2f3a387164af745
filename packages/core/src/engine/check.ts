import { ResultError, toError } from "../errors.ts";
import type { SchemaIssue, StandardSchema } from "../standard-schema.ts";

/**
 * Whether the answer to a request of `count` inputs is an array with one result for each.
 *
 * @throws ResultError otherwise: which result belongs to which input can't be told (L13, P6)
 */
export function checkCount(answer: unknown, count: number): asserts answer is unknown[] {
  if (!Array.isArray(answer)) {
    throw new ResultError(
      `Expected an array of ${count} results from invokeMany (or an overridden batch), one for each input and in their order, ` +
        `but got ${answer === null ? "null" : typeof answer}.`,
    );
  }
  if (answer.length !== count) {
    throw new ResultError(
      `Expected ${count} results, one for each input and in their order, but got ${answer.length}. ` +
        `Which result belongs to which input can't be told, so none is used.`,
    );
  }
}

/** The value as the schema gives it back, or why it is refused. */
export type Checked<Output> =
  | { readonly value: Output; readonly refused?: undefined }
  | { readonly refused: ResultError; readonly value?: undefined };

/** Holds a value against a schema. Never throws: a schema that does refuses the value. */
export async function checkSchema<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
): Promise<Checked<Output>> {
  try {
    const result = await schema["~standard"].validate(value);
    if (result.issues === undefined) return { value: result.value };
    return { refused: new ResultError(`The schema refuses the output: ${result.issues.map(describe).join("; ")}`) };
  } catch (error) {
    return { refused: new ResultError("The schema's own check failed; see `cause`.", { cause: toError(error) }) };
  }
}

function describe(issue: SchemaIssue): string {
  const path = issue.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return path === undefined || path === "" ? issue.message : `${path}: ${issue.message}`;
}
