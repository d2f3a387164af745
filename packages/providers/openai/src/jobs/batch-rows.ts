import { type JobRow, toError } from "@batchwise/core";
import { errorOf } from "../errors.ts";
import { notJson, refusalIn } from "../failures.ts";
import { answerIn, parseJson } from "../post.ts";
import { usageOf } from "../usage.ts";
import type { JobKind } from "./job-kind.ts";

/** A line of an output or error file. Any of it may be missing, or null. */
interface OutputLine {
  readonly custom_id?: unknown;
  readonly response?: { readonly status_code?: unknown; readonly body?: unknown } | null;
  readonly error?: { readonly code?: unknown } | null;
}

/** What a file's line says of its row, or undefined where it says that nothing was done. */
export async function rowIn<Input, Output>(
  kind: JobKind<Input, Output>,
  text: string,
  inputsOf: (lineId: string) => readonly Input[] | undefined,
): Promise<JobRow<Output> | undefined> {
  const { custom_id: id, response, error } = parseLine(text);
  const inputs = typeof id === "string" ? inputsOf(id) : undefined;
  if (typeof id !== "string" || inputs === undefined || inputs.length === 0 || wasNotWorkedOn(error)) return undefined;
  const call = kind.call(inputs);
  const status = typeof response?.status_code === "number" ? response.status_code : undefined;
  if (status === undefined || status < 200 || status >= 300) {
    const told = errorIn(response?.body) ?? error ?? {};
    return { id, outcome: errorOf({ ...refusalIn(told), ...(status === undefined ? {} : { status }) }, call.parts) };
  }
  const outcome = await outcomeOf(() => kind.read(answerIn(response?.body, kind.field, call), inputs));
  return { id, outcome, ...tokensIn(response?.body) };
}

/**
 * Codes of lines that a batch did not come to. They have no row: by the contract that says that nothing was tried and
 * nothing paid, while an error would be one of the line's attempts.
 */
const NOT_WORKED_ON: ReadonlySet<unknown> = new Set(["batch_expired", "batch_cancelled"]);

function wasNotWorkedOn(error: OutputLine["error"]): boolean {
  return NOT_WORKED_ON.has(error?.code);
}

/** @throws ProviderError: a file that has such a line was not read to its end */
function parseLine(text: string): OutputLine {
  const line = parseJson(text);
  if (typeof line === "object" && line !== null) return line;
  throw notJson({ status: 200 });
}

async function outcomeOf<Output>(
  read: () => readonly (Output | Error)[] | Promise<readonly (Output | Error)[]>,
): Promise<readonly (Output | Error)[] | Error> {
  try {
    return await read();
  } catch (thrown) {
    return toError(thrown);
  }
}

function errorIn(body: unknown): object | undefined {
  const { error } = (body ?? {}) as { error?: unknown };
  return typeof error === "object" && error !== null ? error : undefined;
}

function tokensIn(body: unknown): { readonly inputTokens?: number; readonly outputTokens?: number } {
  const { inputTokens, outputTokens } = usageOf((body as { usage?: unknown }).usage).usage ?? {};
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}
