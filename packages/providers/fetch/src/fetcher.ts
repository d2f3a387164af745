import { defined, parseJson, within } from "@batchwise/adapter-kit";
import {
  type CallOptions,
  type Clock,
  ProviderError,
  type RateLimiter,
  Runnable,
  type RunnableSettings,
  type Settlement,
  systemClock,
} from "@batchwise/core";
import { drop, read } from "./body.ts";
import { badConnection, badStatus, tooSlow, unwanted } from "./errors.ts";
import { Hosts } from "./hosts.ts";
import {
  ATTEMPTS,
  MAX_ADVICE_BYTES,
  MAX_CONCURRENCY,
  MAX_CONCURRENCY_PER_HOST,
  MAX_RETRY_AFTER_MS,
  TIMEOUT_MS,
} from "./limits.ts";
import { outageLimiter } from "./outage-limiter.ts";
import { checkHostLimits, type FetchAs, FETCHER, type FetcherOptions, type FetchOutput } from "./options.ts";
import { type FetchInput, type Target, targetOf } from "./target.ts";

/** Methods that have the same effect however often they are sent. */
const REPEATABLE = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

/**
 * Fetches URLs and Requests, several at once: as JSON, text or bytes, or as what a function makes of the response.
 *
 * A host that asks for a pause gets it, and no other host waits with it.
 *
 * @example
 * const pages = new Fetcher({ as: "text", perHost: { maxConcurrency: 2 } });
 * const texts = await pages.batch(urls, { returnExceptions: true });
 */
export class Fetcher<As extends FetchAs = FetchAs> extends Runnable<FetchInput, FetchOutput<As>> {
  override readonly settings: RunnableSettings<FetchInput, FetchOutput<As>>;
  readonly #as: FetchAs;
  readonly #options: FetcherOptions<As>;
  readonly #hosts: Hosts;
  readonly #clock: Clock;

  /** @throws ArgumentError for an option that cannot be worked with. */
  constructor(options: FetcherOptions<As> = {}) {
    super();
    FETCHER.check(options);
    if (typeof options.perHost === "object") checkHostLimits(options.perHost);
    this.#options = options;
    this.#as = options.as ?? "json";
    this.#clock = options.clock ?? systemClock;
    this.#hosts = new Hosts(options.perHost, this.#clock);
    const usual = options.perHost === undefined ? MAX_CONCURRENCY : MAX_CONCURRENCY_PER_HOST;
    const { retry } = options;
    // Of several hosts, what one does says nothing of another: failures use up tries.
    const isOneServer = retry !== false && (retry?.outageMs ?? 0) > 0;
    this.settings = {
      maxConcurrency: options.maxConcurrency ?? usual,
      retry: retry === false ? false : { attempts: ATTEMPTS, outageMs: 0, ...retry },
      limiter: options.limiter ?? (isOneServer ? outageLimiter(this.#clock) : OPEN),
    };
  }

  /**
   * One request, once its host may be asked.
   *
   * @throws InputError for what leads to no request
   * @throws ProviderError for a status that is no result, a connection that fails, and for what is not JSON
   * @throws TimeoutError when `timeoutMs` has passed before the body has ended
   * @throws ResultError for a body that is longer than `maxBytes`, or none where JSON should be
   */
  override async invoke(input: FetchInput, { signal }: CallOptions = {}): Promise<FetchOutput<As>> {
    signal?.throwIfAborted();
    const target = targetOf(input);
    const turn = await this.#hosts.enter(target.host, signal);
    try {
      turn.reservation.begin?.();
      const output = await this.#fetch(target, signal);
      turn.end({ outcome: "ok" });
      return output as FetchOutput<As>;
    } catch (error) {
      turn.end(this.#settlementOf(error));
      throw error;
    }
  }

  #fetch(target: Target, outer: AbortSignal | undefined): Promise<unknown> {
    const { timeoutMs = TIMEOUT_MS, accept = isOk, maxBytes = Infinity } = this.#options;
    const repeatable = this.#options.retryAnyMethod === true || REPEATABLE.has(target.method);
    const bounds = { signal: outer, timeoutMs, clock: this.#clock, late: () => tooSlow(timeoutMs, repeatable) };
    return within(bounds, async (signal) => {
      const response = await this.#send(target, signal, repeatable);
      if (!accept(response.status)) {
        const text = await adviceIn(response);
        const body = parseJson(text) ?? text;
        throw badStatus({ status: response.status, headers: response.headers, body }, repeatable);
      }
      return read(response, { as: this.#as, maxBytes, repeatable });
    }).catch((error: unknown) => {
      if (target.request?.signal?.aborted === true && outer?.aborted !== true) throw unwanted();
      throw error;
    });
  }

  /** Settlement of a failed request with its host's limits. A longer wait than is obeyed is no other request's. */
  #settlementOf(error: unknown): Settlement {
    if (!ProviderError.isInstance(error)) return { outcome: "failed" };
    const { status, retryAfterMs = 0 } = error;
    const { maxRetryAfterMs = MAX_RETRY_AFTER_MS } = this.#options.retry || {};
    return {
      outcome: status === 429 ? "limited" : "failed",
      ...(retryAfterMs > 0 && retryAfterMs <= maxRetryAfterMs ? { retryAfterMs } : {}),
    };
  }

  async #send(target: Target, signal: AbortSignal, repeatable: boolean): Promise<Response> {
    const { fetch: send = fetch, headers, redirect } = this.#options;
    const { request } = target;
    const own = request?.signal ?? undefined;
    try {
      return await send(target.copy(), {
        signal: own === undefined ? signal : AbortSignal.any([own, signal]),
        ...defined({ headers: headers && merge(headers, request?.headers), redirect }),
      });
    } catch (thrown) {
      throw badConnection(thrown, repeatable);
    }
  }
}

/** Hosts have limiters of their own: what one of them asks for must not stop the others. */
const FREE = { settle: (): void => undefined };
const OPEN: RateLimiter = { reserve: () => Promise.resolve(FREE), tryReserve: () => FREE };

/** The text of a refusal for a while, which may say for how long; that of any other is dropped unread. */
async function adviceIn(response: Response): Promise<string> {
  const isRead = /json|text\/plain/.test(response.headers.get("content-type") ?? "");
  if (isRead && (response.status === 429 || response.status === 503)) {
    return (await read(response, { as: "text", maxBytes: MAX_ADVICE_BYTES, repeatable: true }).catch(
      () => "",
    )) as string;
  }
  drop(response);
  return "";
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

function merge(usual: Readonly<Record<string, string>>, own: Headers | undefined): Headers {
  const headers = new Headers(usual);
  for (const [name, value] of own ?? []) headers.set(name, value);
  return headers;
}
