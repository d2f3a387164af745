import {
  type Option,
  type OptionGroup,
  type OptionsOf,
  PACE,
  type PaceOptions,
  type PaceSettings,
  paceSettings,
  PRICE,
  withDefaults,
} from "@batchwise/adapter-kit";
import { type CohereClientLike, type CohereClientOptions, CONNECTION, type Connection } from "./client.ts";
import { type Endpoint, MAX_CONCURRENCY, RATE_LIMITS, TIMEOUT_MS } from "./limits.ts";
import { type CoherePrice, PRICES } from "./prices.ts";

const COMMON = {
  /** The limits that hold for the key: a free one's, or a paid one's. @default "production" */
  tier: {
    type: "string",
    enum: ["trial", "production"],
    description: '`"trial"` for the limits of a free key',
    default: "production",
  },
  /** Price of the model, for `estimate`, `maxCost` and reports. @default the list price in `prices.ts`, where it is known */
  price: {
    ...PRICE.price,
    description: "what is counted as cost; `perThousandSearches` for rerank",
    examples: [{ perMillionInputTokens: 0.12 }],
  } as Option<CoherePrice>,
} as const;

/** Options that every Runnable of this package takes. */
export interface CohereOptions extends OptionsOf<typeof COMMON>, CohereClientOptions, PaceOptions {
  /** The model's name, as Cohere spells it. */
  readonly model: string;
}

/** Treatment of texts that are too long. */
export const TRUNCATE = {
  /**
   * Treatment of a text that is longer than the model (or `maxTokens`) reads: "END" and "START" leave that part
   * out, "NONE" makes it an error of its item.
   * @default "END"
   */
  truncate: {
    type: "string",
    enum: ["NONE", "START", "END"],
    description: 'which part of a text that is too long is left out; `"NONE"` makes it an error of its item',
    default: "END",
  },
} as const;

/** Rank of calls that wait at Cohere. */
export const PRIORITY = {
  /** From 0, the highest, to 999: what waits longer when Cohere is busy. @default 0 */
  priority: {
    type: "integer",
    minimum: 0,
    maximum: 999,
    description: "from 0, the highest, to 999: what waits longer when Cohere is busy",
    default: 0,
  },
} as const;

/** Name of the model in offline jobs. */
export const JOB_MODEL = {
  /** Name of the model in offline jobs. @default "batch-embed-v4" for "embed-v4.0", else `model` */
  jobModel: {
    type: "string",
    description: "what offline jobs call the model",
    otherwise: "`batch-embed-v4` for `embed-v4.0`, else its name",
  },
} as const;

const CLIENT = {
  type: "object",
  json: false,
  description: "your `CohereClientV2` (or a `CohereClient`'s `v2`), instead of the options above",
  expected: "a CohereClientV2",
} as Option<CohereClientLike>;

/** Options of every Runnable of this package but the model, with the defaults of an endpoint. */
export function sharedOptions(endpoint: Endpoint): OptionGroup {
  const maxConcurrency = {
    ...PACE.maxConcurrency,
    default: MAX_CONCURRENCY[endpoint],
    otherwise: "10; chat 50, the first one alone",
  };
  const requestsPerMinute = { ...PACE.requestsPerMinute, otherwise: "the tier's limits, below" };
  const pace = { ...withDefaults(PACE, { timeoutMs: TIMEOUT_MS }), requestsPerMinute, maxConcurrency };
  return { ...CONNECTION, client: CLIENT, ...COMMON, ...pace };
}

/** @param example a model of the endpoint */
export function modelOption(example: string): OptionGroup {
  return {
    model: { type: "string", required: true, description: "the model, as Cohere spells it", examples: [example] },
  };
}

/** The settings that a Runnable has whatever its endpoint: concurrency, retries, time, limits and price. */
type Common = PaceSettings & { readonly price: CoherePrice | undefined };

/**
 * @param pool whose calls count together at Cohere: an endpoint, or an endpoint and a model
 * @throws ArgumentError for a limiter and limits a minute at once
 */
export function settingsOf(
  endpoint: Endpoint,
  pool: string,
  owner: Connection["owner"],
  options: Omit<CohereOptions, "client" | "model"> & {
    readonly model?: string;
    readonly inputsPerMinute?: number | undefined;
  },
): Common {
  const { tier = "production", model = "" } = options;
  return {
    ...paceSettings(options, {
      owner,
      pool: `cohere ${pool}`,
      maxConcurrency: MAX_CONCURRENCY[endpoint],
      timeoutMs: TIMEOUT_MS,
      // The first of many calls goes alone: a wrong key costs one, and not as many as would be in flight (P47).
      limits: { ...RATE_LIMITS[endpoint][tier], ...(endpoint === "chat" ? { concurrency: MAX_CONCURRENCY.chat } : {}) },
    }),
    price: options.price ?? (Object.hasOwn(PRICES, model) ? PRICES[model] : undefined),
  };
}
