import { type CallOptions, type CallReport, type HeadersLike, ProviderError, ResultError } from "@batchwise/core";
import type { Connection } from "./client.ts";
import { type InputParts, errorOf, idOf, isFree } from "./errors.ts";
import { failureOf, networkError, notJson, refusalIn } from "./failures.ts";
import { rateLimitsOf } from "./headers.ts";

/** One request. */
export interface Call {
  readonly path: string;
  readonly body: object;
  readonly parts: InputParts;
}

/**
 * Sends one request and resolves to its answer, a JSON object that has `field`. Reports limits and the request's id.
 *
 * @param read gives the answer's JSON text. @default all that arrives
 * @throws ProviderError, TimeoutError, ResultError or the signal's reason
 */
export async function post<Answer extends object>(
  connection: Connection,
  call: Call,
  field: keyof Answer & string,
  options: CallOptions,
  read?: (response: Response) => Promise<string>,
): Promise<Answer> {
  const { response } = await send(connection, call, options, false);
  return answerIn(await jsonIn(response, options, read), field, call, response.headers);
}

/**
 * The JSON that a response holds.
 *
 * @param read gives the JSON text. @default all that arrives
 * @throws ProviderError or the signal's reason
 */
export async function jsonIn(
  response: Response,
  { signal }: CallOptions,
  read: (response: Response) => Promise<string> = (each) => each.text(),
): Promise<unknown> {
  const origin = { status: response.status, ...idOf(response.headers) };
  let text: string;
  try {
    text = await read(response);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw networkError(thrown, origin);
  }
  const answer = parseJson(text);
  if (answer === undefined) throw notJson(origin);
  return answer;
}

/** `answer`, where it is a JSON object that has `field`. @throws ProviderError or ResultError where it is not */
export function answerIn<Answer extends object>(
  answer: unknown,
  field: keyof Answer & string,
  call: Pick<Call, "path" | "parts">,
  headers?: HeadersLike,
): Answer {
  const fields: Record<string, unknown> = typeof answer === "object" && answer !== null ? { ...answer } : {};
  if (fields[field] !== undefined) return answer as Answer;
  const { error } = fields;
  // Some servers send an error with a good status.
  if (typeof error === "object" && error !== null) {
    throw errorOf(refusalIn(error, headers), call.parts);
  }
  throw new ResultError(
    `Expected an answer with \`${field}\` from ${call.path}, came one without. ` +
      `Check that the server behind \`baseURL\` answers as OpenAI's does.`,
  );
}

/**
 * The events of one answer as they come. Leaving the loop ends the request.
 *
 * @throws ProviderError, TimeoutError or the signal's reason
 */
export async function* postForEvents<Event extends object>(
  connection: Connection,
  call: Call,
  options: CallOptions,
): AsyncGenerator<Event, void, undefined> {
  const { data } = await send(connection, call, options, true);
  try {
    yield* data as AsyncIterable<Event>;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw failureOf(thrown, connection.timeoutMs, call.parts).error;
  }
  // The SDK ends an aborted stream as if it had come to its end.
  options.signal?.throwIfAborted();
}

async function send(
  { client, timeoutMs }: Connection,
  { path, body, parts }: Call,
  { signal, report }: CallOptions,
  stream: boolean,
): Promise<{ readonly response: Response; readonly data?: unknown }> {
  signal?.throwIfAborted();
  try {
    const pending = client.post(path, {
      body,
      maxRetries: 0,
      timeout: timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(stream ? { stream } : {}),
    });
    const sent = stream ? await pending.withResponse() : { response: await pending.asResponse() };
    report?.(factsOf(sent.response.headers));
    return sent;
  } catch (thrown) {
    signal?.throwIfAborted();
    const { error, headers } = failureOf(thrown, timeoutMs, parts);
    if (headers !== undefined) report?.(factsOf(headers));
    if (ProviderError.isInstance(error) && isFree(error.status)) report?.({ usage: NOTHING });
    throw error;
  }
}

const NOTHING = { inputTokens: 0, outputTokens: 0 };

/** What a response tells beside its answer. */
function factsOf(headers: HeadersLike): CallReport {
  const limits = rateLimitsOf(headers);
  return { ...idOf(headers), ...(limits === undefined ? {} : { limits }) };
}

/** The value of a JSON text; undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
