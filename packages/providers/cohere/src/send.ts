import {
  ANY_INPUT,
  type Blame,
  type Bounds,
  callSdk,
  factsOf,
  failureIn,
  fieldsOf,
  linkTo,
  notJson,
  providerError,
  requestIdOf,
} from "@batchwise/adapter-kit";
import type { CallOptions, HeadersLike, Usage } from "@batchwise/core";
import { brokenOff, DIALECT, isUnreadable, sdkFailure } from "./errors.ts";

/** Options that every call hands to the SDK besides its request. */
interface SdkOptions {
  readonly maxRetries: number;
  readonly abortSignal: AbortSignal;
}

/** Starts one call of the SDK. */
export type Start<Data> = (options: SdkOptions) => {
  withRawResponse(): Promise<{ readonly data: Data; readonly rawResponse: RawResponse }>;
};

interface RawResponse {
  readonly headers: HeadersLike;
  readonly status: number;
}

/**
 * Makes one call of the SDK and reports what it learned.
 *
 * The call gets a signal of its own: the SDK never takes its listeners off a signal, and a batch has one signal for
 * all its calls. It does not retry (the engine does), and is not waited for once the caller's signal is aborted.
 *
 * @throws the signal's reason, at once, when it is aborted
 * @throws ProviderError, TimeoutError or InputError, as `errors.ts` says
 */
export async function send<Data>(
  start: Start<Data>,
  options: CallOptions & Bounds,
  usageOf: (data: Data) => Usage | undefined,
  blame: Blame = ANY_INPUT,
): Promise<Data> {
  const linked = linkTo(options);
  try {
    const { data, headers } = await linked.race(attempt(start, linked.signal, options, blame));
    options.report?.({ ...factsOf(headers, DIALECT), usage: usageOf(data) });
    return data;
  } finally {
    linked.unlink();
  }
}

/**
 * The events of one answer as they come. Leaving the loop ends the request.
 *
 * @throws the signal's reason, at once, when it is aborted
 * @throws ProviderError, TimeoutError or InputError, as `errors.ts` says, in the middle too
 */
export async function* stream<Event>(
  start: Start<AsyncIterable<Event>>,
  options: CallOptions,
): AsyncGenerator<Event, void, undefined> {
  const linked = linkTo(options);
  try {
    const { data, headers } = await linked.race(attempt(start, linked.signal, options, ANY_INPUT));
    options.report?.(factsOf(headers, DIALECT));
    const events = data[Symbol.asyncIterator]();
    for (;;) {
      const next = await linked.race(events.next().catch(rethrow));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    linked.unlink();
    linked.abort();
  }
}

async function attempt<Data>(
  start: Start<Data>,
  abortSignal: AbortSignal,
  { report }: CallOptions,
  blame: Blame,
): Promise<{ readonly data: Data; readonly headers: HeadersLike }> {
  const { data: read, rawResponse } = await callSdk(
    { report },
    (thrown) => sdkFailure(thrown, blame),
    () => start({ maxRetries: 0, abortSignal }).withRawResponse(),
  );
  // What the SDK has not read, as `fetcher.ts` says.
  const data = (fieldsOf(read)?.["wire"] ?? read) as Data;
  const { headers } = rawResponse;
  const fault = faultIn(data, rawResponse, blame);
  if (fault === undefined) return { data, headers };
  report?.(factsOf(headers, DIALECT));
  throw fault;
}

/** Fault of a body with a good status: it is not JSON, or it is a gateway's way to refuse. */
function faultIn(data: unknown, { headers, status }: RawResponse, blame: Blame): Error | undefined {
  if (isUnreadable(data)) return notJson(DIALECT, { status, requestId: requestIdOf(headers, DIALECT) });
  const failure = failureIn(data, headers);
  return failure && providerError(failure, DIALECT, blame);
}

function rethrow(thrown: unknown): never {
  throw brokenOff(thrown);
}
