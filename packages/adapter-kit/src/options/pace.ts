import {
  ArgumentError,
  type Clock,
  type Price,
  type RateLimiter,
  type RateLimiterOptions,
  type RequestLimits,
  type RetryOptions,
  type RunnableSettings,
  sharedRateLimiter,
} from "@batchwise/core";
import { defined } from "../defined.ts";
import type { Option, OptionsOf } from "./declaration.ts";

/** Tries of an adapter's failed calls where its options say nothing else. */
export const RETRY: RetryOptions = { attempts: 6 };

/** Pace of a Runnable. */
export const PACE = {
  /** Calls a minute. Limits that responses report hold besides. */
  requestsPerMinute: {
    type: "number",
    exclusiveMinimum: 0,
    description: "calls a minute, besides what responses report",
    otherwise: "what responses report",
  },
  /** Tokens a minute. Limits that responses report hold besides. */
  tokensPerMinute: {
    type: "number",
    exclusiveMinimum: 0,
    description: "tokens a minute, besides what responses report",
    otherwise: "what responses report",
  },
  /**
   * The limiter that calls pass, instead of limits a minute.
   * @default the one that all Runnables of the same key share in this process, for each of the provider's limits
   */
  limiter: {
    type: "instance",
    methods: ["reserve"],
    description: "a limiter of your own, instead of limits a minute",
    otherwise: "one for each key in the process",
    expected: "a RateLimiter, such as rateLimiter({ requestsPerMinute: 500 })",
  } as Option<RateLimiter>,
  /** The most calls in flight at once; fewer where the rate limits allow no more. A whole number from 1, or Infinity. */
  maxConcurrency: { type: "integer", minimum: 1, endless: true, description: "the most calls in flight at once" },
  /** Tries of failed calls; `false` for no second one. @default { attempts: 6 } */
  retry: {
    type: ["object", "boolean"],
    description: "how failed calls are tried again; `false` for never",
    default: RETRY,
    holds: (value: unknown): boolean => value !== true,
    expected: "options such as { attempts: 3 }, or false",
  } as Option<RetryOptions | false>,
  /** Milliseconds that one call may take, from its dispatch to the end of its answer. */
  timeoutMs: {
    type: "number",
    exclusiveMinimum: 0,
    endless: true,
    description: "milliseconds that one call may take",
  },
  /** Time, for tests. @default the machine's clock */
  clock: {
    type: "instance",
    methods: ["now", "after"],
    description: "time, for tests",
    otherwise: "the machine's",
    expected: "a Clock with now() and after()",
  } as Option<Clock>,
} as const;

/** Pace of a Runnable. */
export interface PaceOptions extends OptionsOf<typeof PACE> {}

/** Price of an adapter's calls. */
export const PRICE = {
  /** Dollars that the provider charges. @default the model's list price, where it is known */
  price: {
    type: "object",
    description: "dollars for a million tokens, for `usage.cost`, `maxCost` and `estimate`",
    otherwise: "the model's list price, where it is known",
    examples: [{ perMillionInputTokens: 0.02, perMillionOutputTokens: 0 }],
    expected: "prices such as { perMillionInputTokens: 0.02 }",
  } as Option<Price>,
} as const;

/** Size of the requests of a Runnable that sends many inputs in one. */
export const REQUEST = {
  /** Limits of one request, for a server that takes less, or more. @default those of the provider */
  request: {
    type: "object",
    description: "what one request holds",
    properties: {
      maxInputs: { type: "integer", minimum: 1 },
      maxTokens: { type: "integer", minimum: 1 },
      maxBytes: { type: "integer", minimum: 1 },
      size: { type: "string", enum: ["learned", "full"] },
    },
    expected: "limits such as { maxInputs: 16 }",
  } as Option<RequestLimits>,
} as const;

/** Facts that an adapter knows of its calls. */
export interface Pace {
  /** Owner of the limits that they count against: a client, or a text that tells keys apart. */
  readonly owner: object | string;
  /** Name of the limits among the owner's: a provider counts by model, or by endpoint. */
  readonly pool: string;
  readonly maxConcurrency: number;
  readonly timeoutMs: number;
  /** Limits that are known. Those that the caller gives win. */
  readonly limits?: RateLimiterOptions;
}

/** Settings by which the engine runs a Runnable with these options. */
export type PaceSettings = {
  readonly [Name in "maxConcurrency" | "retry" | "timeoutMs" | "limiter"]-?: NonNullable<RunnableSettings[Name]>;
};

/** Settings of a Runnable around an object of a library, whose calls share limits. Those that the caller gives win. */
export function settingsAround<Input, Output>(
  owner: object,
  settings: RunnableSettings<Input, Output>,
  { maxConcurrency = 5, limits }: Partial<Pick<Pace, "maxConcurrency" | "limits">> = {},
): RunnableSettings<Input, Output> {
  return { maxConcurrency, retry: RETRY, limiter: sharedRateLimiter(owner, "calls", limits), ...defined(settings) };
}

/** @throws ArgumentError for a limiter and limits a minute at once */
export function paceSettings(
  options: PaceOptions & { readonly inputsPerMinute?: number | undefined },
  { owner, pool, limits, ...usual }: Pace,
): PaceSettings {
  const { requestsPerMinute, tokensPerMinute, inputsPerMinute, limiter, clock } = options;
  const own = defined({ requestsPerMinute, tokensPerMinute, inputsPerMinute });
  const [name] = Object.keys(own);
  if (limiter !== undefined && name !== undefined) {
    throw new ArgumentError(`Expected either \`limiter\` or \`${name}\`, got both. Give the limiter its limits.`);
  }
  return {
    maxConcurrency: options.maxConcurrency ?? usual.maxConcurrency,
    retry: options.retry ?? RETRY,
    timeoutMs: options.timeoutMs ?? usual.timeoutMs,
    limiter: limiter ?? sharedRateLimiter(owner, pool, { ...limits, ...own, ...defined({ clock }) }),
  };
}
