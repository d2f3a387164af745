import { type JobRow, ProviderError, toError } from "@batchwise/core";
import { CohereError } from "cohere-ai";
import { mapError } from "../errors.ts";
import type { JobKind } from "./job-kind.ts";

/** A row of a batch's output. Cohere describes `custom_id` and `body`; how a line that failed looks it does not say. */
interface OutputRow {
  readonly custom_id?: unknown;
  readonly body?: unknown;
  readonly error?: unknown;
}

/** What a row of the output says; undefined where it says nothing of a line. */
export async function rowIn<Input, Output>(
  kind: JobKind<Input, Output>,
  row: OutputRow,
  inputsOf: (lineId: string) => readonly Input[] | undefined,
): Promise<JobRow<Output> | undefined> {
  const { custom_id: id, error } = row;
  const inputs = typeof id === "string" ? inputsOf(id) : undefined;
  if (typeof id !== "string" || inputs === undefined || inputs.length === 0) return undefined;
  const body = objectIn(row.body);
  const failed = (error !== undefined && error !== null) || body === undefined;
  if (failed) return { id, outcome: failureIn(objectIn(error)) };
  try {
    const { outputs, usage = {} } = await kind.read(body, inputs);
    const { inputTokens, outputTokens } = usage;
    return {
      id,
      outcome: outputs,
      ...(inputTokens === undefined ? {} : { inputTokens }),
      ...(outputTokens === undefined ? {} : { outputTokens }),
    };
  } catch (thrown) {
    return { id, outcome: toError(thrown) };
  }
}

/** By its status alone, as the live endpoint's failure would be judged. Without one it may be better another time. */
function failureIn(error: object | undefined): Error {
  const { status_code: statusCode } = (error ?? {}) as { status_code?: unknown };
  if (typeof statusCode === "number") return mapError(new CohereError({ statusCode })).error;
  return new ProviderError("Cohere could not work off this line of the batch. Try again later.", { retryable: true });
}

/** An object, or the one in a JSON text. */
function objectIn(value: unknown): object | undefined {
  if (typeof value === "object" && value !== null) return value;
  try {
    const parsed: unknown = typeof value === "string" ? JSON.parse(value) : undefined;
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
