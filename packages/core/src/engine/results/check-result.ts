import { codeOf, ResultError, toError } from "../../contract/errors.ts";
import { kindOf } from "../../contract/kind-of.ts";
import type { SchemaIssue, StandardSchema } from "../../contract/standard-schema.ts";

/**
 * Holds the answer to a request of `count` inputs to be an array with one result for each.
 *
 * @returns a ResultError otherwise: whose results they are can't be told (L13, P6)
 */
export function wrongCount(answer: unknown, count: number): ResultError | undefined {
  if (Array.isArray(answer) && answer.length === count) return undefined;
  return new ResultError(
    `Expected an array of ${count} results, one for each input and in their order, ` +
      `got ${Array.isArray(answer) ? answer.length : kindOf(answer)}. Whose results they are can't be told, so none is used.`,
  );
}

/** The first error of an answer that holds nothing but wrong results: it is wrong as a whole. */
export function wrongInAll(results: readonly unknown[]): Error | undefined {
  return results.every(isWrong) ? (results[0] as Error | undefined) : undefined;
}

function isWrong(result: unknown): boolean {
  return result instanceof Error && codeOf(result) === "invalid_result";
}

/** Value as the schema gives it back, or the error with which it is refused. */
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
    return {
      refused: new ResultError(`Expected the output to fit the schema, got: ${describeIssues(result.issues)}`),
    };
  } catch (error) {
    return {
      refused: new ResultError("Expected the schema to check the output, got an error, in `cause`.", {
        cause: toError(error),
      }),
    };
  }
}

/** Words of a schema for what it refuses, each with the path to it. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues.map(describe).join("; ");
}

function describe(issue: SchemaIssue): string {
  const path = issue.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return path === undefined || path === "" ? issue.message : `${path}: ${issue.message}`;
}
