import {
  type Blame,
  callSdk,
  defined,
  eventsOf,
  factsOf,
  type Failure,
  failureIn,
  fieldsOf,
  isOtherAnswer,
  linkTo,
  networkError,
  notAnswer,
  notJson,
  parseJson,
  providerError,
  type Reading,
  readJson,
  requestIdOf,
  type ServerEvent,
} from "@batchwise/adapter-kit";
import { ArgumentError, type CallOptions, ProviderError } from "@batchwise/core";
import type { Connection } from "./client.ts";
import { DIALECT, sdkFailure } from "./errors.ts";

/** One request. */
export interface Call {
  readonly path: string;
  readonly body: object;
  readonly blame: Blame;
  /** Hears what the provider says of a refusal. It may quote an input or the key: for a look-up, never to be shown. */
  readonly onRefusal?: (words: string) => void;
}

/**
 * Sends one request and resolves to its answer, a JSON object that has `field`. Reports limits and the request's id.
 *
 * @throws ProviderError, TimeoutError or the signal's reason
 */
export async function post<Answer extends object>(
  connection: Connection,
  call: Call,
  field: keyof Answer & string,
  options: CallOptions,
  reading?: Reading,
): Promise<Answer> {
  const { response } = await send(connection, { method: "post", ...call }, options);
  return answerIn(await readJson(response, DIALECT, options, reading), field, call, response.headers);
}

/** `answer`, where it is a JSON object that has `field`. @throws ProviderError, or ResultError for that of another kind of endpoint */
export function answerIn<Answer extends object>(
  answer: unknown,
  field: keyof Answer & string,
  { path, blame }: Pick<Call, "path" | "blame">,
  headers?: Headers,
): Answer {
  const failure = failureIn(answer, headers);
  if (failure !== undefined) throw providerError(failure, DIALECT, blame);
  if (fieldsOf(answer)?.[field] !== undefined) return answer as Answer;
  if (isOtherAnswer(answer)) throw notAnswer(`\`${field}\``);
  // Of no known form at all: a proxy's words, or a server that is not up yet.
  throw new ProviderError(
    `Expected an answer with \`${field}\` from ${path}, got one without. ` +
      `Try again later; if it goes on, check that the server behind \`baseURL\` answers as OpenAI's does.`,
    { retryable: true, status: 200 },
  );
}

/** The mark with which a stream of chat completions ends. */
export const DONE = "[DONE]";

/**
 * The events of one answer as they come, and `DONE` where it says so. Leaving the loop ends the request.
 *
 * @throws ProviderError, TimeoutError or the signal's reason
 */
export async function* postForEvents<Event extends object>(
  connection: Connection,
  call: Call,
  options: CallOptions,
): AsyncGenerator<Event | typeof DONE, void, undefined> {
  const linked = linkTo(options);
  try {
    const { response } = await send(connection, { method: "post", ...call }, { ...options, signal: linked.signal });
    const { headers, status } = response;
    const events = eventsOf(response.body);
    for (;;) {
      const next = await linked.race(events.next()).catch((thrown: unknown) => {
        options.signal?.throwIfAborted();
        throw networkError(thrown, DIALECT, { status, requestId: requestIdOf(headers, DIALECT) });
      });
      if (next.done === true) return;
      yield eventIn(next.value, call.blame, headers) as Event | typeof DONE;
    }
  } finally {
    linked.unlink();
    linked.abort();
  }
}

/** Content of an event. @throws ProviderError for one that says that the provider failed, or that is not JSON */
export function eventIn({ name, data }: ServerEvent, blame: Blame, headers?: Headers): object | typeof DONE {
  if (data.startsWith(DONE)) return DONE;
  const event = parseJson(data);
  const failure = failureIn(
    name === "error" && fieldsOf(event)?.["error"] === undefined ? { error: event } : event,
    headers,
  );
  if (failure !== undefined) throw providerError(failure, DIALECT, blame);
  if (fieldsOf(event) === undefined) throw notJson(DIALECT, { status: 200 });
  return event as object;
}

/** Parts of a request. */
interface Request {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly query?: object;
  readonly body?: object;
  /** @default there are no inputs to blame: it is about files and batches */
  readonly blame?: Blame;
  readonly onRefusal?: Call["onRefusal"];
}

/** @throws ProviderError, TimeoutError, the signal's reason, or ArgumentError for a client that has no such method */
export async function send(
  { client, timeoutMs }: Connection,
  { method, path, blame = {}, onRefusal, ...parts }: Request,
  options: CallOptions,
): Promise<{ readonly response: Response }> {
  const read = (thrown: unknown): Failure => {
    onRefusal?.(wordsOf(thrown));
    return sdkFailure(thrown, timeoutMs, blame);
  };
  return callSdk(options, read, async () => {
    // A longer timer than runtimes have would fire at once.
    const timeout = Math.min(timeoutMs, 2 ** 31 - 1);
    const pending = client[method]?.(path, {
      maxRetries: 0,
      timeout,
      ...defined({ ...parts, signal: options.signal }),
    });
    if (pending === undefined) {
      throw new ArgumentError(`Expected \`client\` to have \`${method}\`, got none. Give one of the openai package.`);
    }
    const response = await pending.asResponse();
    options.report?.(factsOf(response.headers, DIALECT));
    return { response };
  });
}

/** All that the provider says in an error of the SDK's. */
function wordsOf(thrown: unknown): string {
  const { body, error, message, param } = fieldsOf(thrown) ?? {};
  return [JSON.stringify(body ?? error), message, param].join(" ");
}
