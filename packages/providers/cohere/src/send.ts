import type { CallOptions, HeadersLike, Usage } from "@batchwise/core";
import { brokenOff, isUnreadable, mapError, noJson } from "./errors.ts";
import { limitsIn, requestIdIn } from "./headers.ts";

/** What every call hands to the SDK beside its request. */
export interface SdkOptions {
  readonly maxRetries: number;
  readonly abortSignal: AbortSignal;
}

/** The promise that the SDK's methods give. */
interface SdkPromise<Data> {
  withRawResponse(): Promise<Raw<Data>>;
}

interface Raw<Data> {
  readonly data: Data;
  readonly rawResponse: { readonly headers: HeadersLike; readonly status: number };
}

/** What the provider counted for a call that it refused. */
const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

/**
 * Makes one call of the SDK and reports what it learnt.
 *
 * The call gets a signal of its own: the SDK never takes its listeners off a signal, and a batch has one signal for
 * all its calls. It does not retry (the engine does), and is not waited for once the caller's signal is aborted.
 *
 * @throws the signal's reason, at once, when it is aborted
 * @throws ProviderError, TimeoutError or InputError, as `errors.ts` says
 */
export async function send<Data>(
  start: (options: SdkOptions) => SdkPromise<Data>,
  options: CallOptions,
  usageOf: (data: Data) => Usage | undefined,
): Promise<Data> {
  const linked = linkTo(options.signal);
  try {
    const sdkOptions = { maxRetries: 0, abortSignal: linked.signal };
    const { data, headers } = await linked.race(answer(start, sdkOptions, options));
    report(options, headers, usageOf(data));
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
  start: (options: SdkOptions) => SdkPromise<AsyncIterable<Event>>,
  options: CallOptions,
): AsyncGenerator<Event, void, undefined> {
  const linked = linkTo(options.signal);
  try {
    const sdkOptions = { maxRetries: 0, abortSignal: linked.signal };
    const { data, headers } = await linked.race(answer(start, sdkOptions, options));
    report(options, headers, undefined);
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

async function answer<Data>(
  start: (options: SdkOptions) => SdkPromise<Data>,
  sdkOptions: SdkOptions,
  options: CallOptions,
): Promise<{ readonly data: Data; readonly headers: HeadersLike }> {
  const { data, rawResponse } = await attempt(start, sdkOptions, options);
  if (!isUnreadable(data)) return { data, headers: rawResponse.headers };
  report(options, rawResponse.headers, undefined);
  throw noJson(rawResponse.status, rawResponse.headers);
}

async function attempt<Data>(
  start: (options: SdkOptions) => SdkPromise<Data>,
  sdkOptions: SdkOptions,
  options: CallOptions,
): Promise<Raw<Data>> {
  try {
    return await start(sdkOptions).withRawResponse();
  } catch (thrown) {
    const { error, headers, free } = mapError(thrown);
    if (headers !== undefined || free) report(options, headers, free ? NOTHING : undefined);
    throw error;
  }
}

/** Tells the engine what a response said. */
function report(options: CallOptions, headers: HeadersLike | undefined, usage: Usage | undefined): void {
  if (options.report === undefined) return;
  const limits = headers === undefined ? undefined : limitsIn(headers);
  const requestId = headers === undefined ? undefined : requestIdIn(headers);
  options.report({
    ...(usage === undefined ? {} : { usage }),
    ...(limits === undefined ? {} : { limits }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

function rethrow(thrown: unknown): never {
  throw brokenOff(thrown);
}

/** A signal for one call, and waiting that ends with the caller's. */
interface Linked {
  readonly signal: AbortSignal;
  /** What `work` resolves to, or the caller's reason as soon as its signal is aborted. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends the call. */
  abort(): void;
  /** Takes the listener off the caller's signal. */
  unlink(): void;
}

/** @throws the signal's reason where it is aborted already */
function linkTo(outer: AbortSignal | undefined): Linked {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting just then.
  aborted.catch(() => undefined);
  const onAbort = (): void => {
    reject(outer?.reason);
    controller.abort(outer?.reason);
  };
  outer?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    race: (work) => Promise.race([work, aborted]),
    abort: () => controller.abort(),
    unlink: () => outer?.removeEventListener("abort", onAbort),
  };
}
