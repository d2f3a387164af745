import { ArgumentError, type JobCallOptions, ResultError } from "@batchwise/core";
import type { Connection, PendingResponse } from "../client.ts";
import { failureOf } from "../failures.ts";
import { definedOnly } from "../options.ts";
import { jsonIn } from "../post.ts";

/** One request that has no inputs to blame: it is about files and batches. */
export interface Request {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly query?: object;
  readonly body?: object;
}

/** @throws ProviderError, TimeoutError or the signal's reason */
export async function request(
  connection: Connection,
  { method, path, query, body }: Request,
  { signal }: JobCallOptions,
): Promise<Response> {
  signal?.throwIfAborted();
  const { client, timeoutMs } = connection;
  const common = { maxRetries: 0, timeout: timeoutMs, ...definedOnly({ query, body, signal }) } as const;
  try {
    const pending: PendingResponse | undefined = client[method]?.(path, common);
    if (pending !== undefined) return await pending.asResponse();
  } catch (thrown) {
    signal?.throwIfAborted();
    throw failureOf(thrown, timeoutMs, {}).error;
  }
  throw new ArgumentError(
    `Expected \`client\` to have \`${method}\` for offline jobs. Give one of the openai package.`,
  );
}

/** The JSON object of an answer, and its headers. @throws ProviderError, ResultError, or what `request` throws */
export async function requestObject(
  connection: Connection,
  call: Request,
  options: JobCallOptions,
): Promise<{ readonly answer: object; readonly headers: Headers }> {
  const response = await request(connection, call, options);
  const answer = await jsonIn(response, options);
  if (typeof answer === "object" && answer !== null) return { answer, headers: response.headers };
  throw new ResultError(
    `Expected an object from ${call.path}, came something else. ` +
      `Check that the server behind \`baseURL\` has OpenAI's Batch API.`,
  );
}
