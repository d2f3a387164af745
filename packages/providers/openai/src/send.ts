import { type Blame, defined, factsOf, fieldsOf, providerError, readJson, refusalIn } from "@batchwise/adapter-kit";
import { ArgumentError, type CallOptions, ResultError } from "@batchwise/core";
import type { Connection } from "./client.ts";
import { DIALECT, sdkFailure } from "./errors.ts";

/** One request. */
export interface Call {
  readonly path: string;
  readonly body: object;
  readonly blame: Blame;
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
  const { response } = await send(connection, { method: "post", ...call }, options);
  return answerIn(await readJson(response, DIALECT, options, read), field, call, response.headers);
}

/** `answer`, where it is a JSON object that has `field`. @throws ProviderError or ResultError where it is not */
export function answerIn<Answer extends object>(
  answer: unknown,
  field: keyof Answer & string,
  { path, blame }: Pick<Call, "path" | "blame">,
  headers?: Headers,
): Answer {
  const fields = fieldsOf(answer) ?? {};
  if (fields[field] !== undefined) return answer as Answer;
  // Some servers send an error with a good status.
  if (fieldsOf(fields["error"]) !== undefined) {
    throw providerError(refusalIn({ body: answer, headers }), DIALECT, blame);
  }
  throw new ResultError(
    `Expected an answer with \`${field}\` from ${path}, got one without. ` +
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
  const { data } = await send(connection, { method: "post", stream: true, ...call }, options);
  try {
    yield* data as AsyncIterable<Event>;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw sdkFailure(thrown, connection.timeoutMs, call.blame).error;
  }
  // The SDK ends an aborted stream as if it had come to its end.
  options.signal?.throwIfAborted();
}

/** Parts of a request. */
interface Request {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly query?: object;
  readonly body?: object;
  readonly stream?: true;
  /** @default there are no inputs to blame: it is about files and batches */
  readonly blame?: Blame;
}

/** @throws ProviderError, TimeoutError, the signal's reason, or ArgumentError for a client that has no such method */
export async function send(
  { client, timeoutMs }: Connection,
  { method, path, blame = {}, ...parts }: Request,
  { signal, report }: CallOptions,
): Promise<{ readonly response: Response; readonly data?: unknown }> {
  signal?.throwIfAborted();
  try {
    // A longer timer than runtimes have would fire at once.
    const timeout = Math.min(timeoutMs, 2 ** 31 - 1);
    const pending = client[method]?.(path, {
      maxRetries: 0,
      timeout,
      ...defined({ ...parts, signal, blame: undefined }),
    });
    if (pending !== undefined) {
      const sent = parts.stream ? await pending.withResponse() : { response: await pending.asResponse() };
      report?.(factsOf(sent.response.headers, DIALECT));
      return sent;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    const { error, facts, usage } = sdkFailure(thrown, timeoutMs, blame);
    if (facts !== undefined) report?.(facts);
    if (usage !== undefined) report?.({ usage });
    throw error;
  }
  throw new ArgumentError(`Expected \`client\` to have \`${method}\`, got none. Give one of the openai package.`);
}
