import {
  ArgumentError,
  type Clock,
  type JobBackend,
  type Price,
  type RateLimiter,
  type RequestLimits,
  type RetryOptions,
  type RunnableSettings,
  sharedRateLimiter,
} from "@batchwise/core";
import type { Connection } from "./client.ts";
import { ATTEMPTS, UNTOLD_CONCURRENCY } from "./limits.ts";
import { priceOf } from "./prices.ts";

/** How fast a Runnable may go, and what it costs. */
export interface PaceOptions {
  /** Calls a minute. @default unlimited until a response tells */
  readonly requestsPerMinute?: number;
  /** Tokens a minute. @default unlimited until a response tells */
  readonly tokensPerMinute?: number;
  /**
   * The limiter that calls pass, instead of the two options above.
   * @default the one that all Runnables of the same key and model share in this process
   */
  readonly limiter?: RateLimiter;
  /**
   * The most calls in flight at once. Until a response tells the limits there are 5, the first one alone.
   * @default 64 for bulk requests, 256 for single calls
   */
  readonly maxConcurrency?: number;
  /** How failed calls are tried again; `false` for never. @default { attempts: 6 } */
  readonly retry?: RetryOptions | false;
  /** What the provider charges, in dollars. @default the model's price in `prices.ts`, if it is there */
  readonly price?: Price;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/** Names of all pace options. */
export const PACE_OPTIONS: readonly (keyof PaceOptions)[] = [
  "requestsPerMinute",
  "tokensPerMinute",
  "limiter",
  "maxConcurrency",
  "retry",
  "price",
  "clock",
];

const CHECKS: readonly (readonly [keyof PaceOptions, isValid: (value: unknown) => boolean, expected: string])[] = [
  ["maxConcurrency", (value) => isWhole(value) || value === Infinity, "a whole number from 1, or Infinity"],
  ["retry", (value) => value === false || isObject(value), "options such as { attempts: 3 }, or false"],
  ["limiter", (value) => hasMethod(value, "reserve"), "a RateLimiter, such as rateLimiter({ requestsPerMinute: 500 })"],
  ["price", isObject, "prices such as { perMillionInputTokens: 0.02 }"],
  ["clock", (value) => hasMethod(value, "now") && hasMethod(value, "after"), "a Clock with now() and after()"],
];

/** What a Runnable's settings are made of. */
interface Base<Input, Output> {
  readonly model: string;
  readonly maxConcurrency: number;
  readonly request?: RequestLimits;
  readonly weigh: NonNullable<RunnableSettings<Input, Output>["weigh"]>;
  readonly jobs: () => Promise<JobBackend<Input, Output>>;
}

/** @throws ArgumentError for an option that cannot be worked with */
export function settingsOf<Input, Output>(
  options: PaceOptions,
  connection: Connection,
  base: Base<Input, Output>,
): RunnableSettings<Input, Output> {
  const { requestsPerMinute, tokensPerMinute, limiter, clock } = options;
  for (const [name, isValid, expected] of CHECKS) check(name, options[name], isValid, expected);
  if (limiter !== undefined && (requestsPerMinute ?? tokensPerMinute) !== undefined) {
    throw new ArgumentError(
      "Expected either `limiter` or `requestsPerMinute` and `tokensPerMinute`, came both. Give the limiter its limits.",
    );
  }
  const price = options.price ?? priceOf(base.model);
  const pace = definedOnly({ requestsPerMinute, tokensPerMinute, clock });
  return {
    maxConcurrency: options.maxConcurrency ?? base.maxConcurrency,
    retry: options.retry ?? { attempts: ATTEMPTS },
    limiter: limiter ?? sharedRateLimiter(connection.owner, base.model, { concurrency: UNTOLD_CONCURRENCY, ...pace }),
    timeoutMs: connection.timeoutMs,
    weigh: base.weigh,
    jobs: base.jobs,
    ...definedOnly({ request: base.request, price }),
  };
}

/** @throws ArgumentError where `value` is there and not valid; it shows numbers and kinds, never a text */
export function check(name: string, value: unknown, isValid: (value: unknown) => boolean, expected: string): void {
  if (value === undefined || isValid(value)) return;
  const came = typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, came ${came}. Correct it or leave it out.`);
}

/** @throws ArgumentError for a name that is no option, which is usually misspelt */
export function checkNames(of: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new ArgumentError(`${of} has no option \`${name}\`. Its options: ${known.join(", ")}.`);
    }
  }
}

export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

export function hasMethod(value: unknown, name: string): boolean {
  return isObject(value) && typeof (value as Record<string, unknown>)[name] === "function";
}

export function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

export function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** The values that are there: an option that is given as undefined is one that is left out. */
export function definedOnly<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>;
}

type Defined<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  return value === null ? "null" : `a value of type ${typeof value}`;
}
