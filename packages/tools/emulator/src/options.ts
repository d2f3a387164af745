import type { EmulatorClock } from "./clock.ts";
import type { ReplyRequest } from "./content/reply.ts";
import type { CountTokens } from "./content/tokens.ts";
import type { Jobs } from "./jobs/options.ts";

/** Options of `startEmulator`. Nothing is limited, delayed or broken unless it is asked for. */
export interface EmulatorOptions extends Behaviour {
  /** Port to listen at; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Address to listen at. Any other than a loopback address opens it to the network. @default "127.0.0.1" */
  readonly host?: string;
  /** Answers `GET /__emulator/stats` and `POST /__emulator/reset`, for other processes. @default false */
  readonly control?: boolean;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: EmulatorClock;
}

/** What `reset` can exchange while the emulator runs. */
export interface Behaviour {
  /** The only key that is accepted. @default any that is not empty */
  readonly apiKey?: string | undefined;
  /** Everything random follows from it and from the number of the request. A whole number. @default 1 */
  readonly seed?: number | undefined;
  /** What may pass in a minute, for each key and pool. @default unlimited, and no limit headers */
  readonly limits?: Limits | undefined;
  /**
   * Share of a minute's worth that each limit lets pass at once at the start, 0 to 1. A pool starts with its first
   * request. @default 1
   */
  readonly fill?: number | undefined;
  /** How long an answer takes. @default no time */
  readonly latency?: Latency | undefined;
  /** Length of vectors where the request does not say. @default that of the model, 1,536 where it is unknown */
  readonly dimensions?: number | undefined;
  /** How tokens are counted: by OpenAI's tokenizers, or as a quarter of the UTF-8 bytes. @default "exact" */
  readonly tokens?: "exact" | "fast" | undefined;
  /** Counts tokens in place of `tokens`. */
  readonly countTokens?: CountTokens | undefined;
  /** Which limit headers are sent. @default "openai" */
  readonly headers?: HeaderStyle | undefined;
  /** Ways in which compatible servers differ. */
  readonly quirks?: Quirks | undefined;
  /** What goes wrong. Rates are shares of the requests that are let in, 0 to 1. @default nothing */
  readonly faults?: Faults | undefined;
  /** How offline jobs run: OpenAI's Batch API and Cohere's batches. @default each ends well, and at once */
  readonly jobs?: Jobs | undefined;
  /** The models there are; another one is a 404 with OpenAI and Cohere alike. @default any */
  readonly models?: readonly string[] | undefined;
  /** A body over this many bytes is a 413; an upload may have 512 MB. @default 67,108,864 */
  readonly maxBodyBytes?: number | undefined;
  /** What a chat model answers, where no JSON is asked for. @default "Echo: " and the last message of the user */
  readonly reply?: ((request: ReplyRequest) => string) | undefined;
  /** Counts in `stats().inputs` how often each text was sent, charged and answered. @default false */
  readonly trackInputs?: boolean | undefined;
}

/** Limits for a minute, whole numbers from 1 to 150,000,000. */
export interface Limits {
  /** Calls, for every endpoint. */
  readonly requestsPerMinute?: number | undefined;
  /** Tokens, for OpenAI's endpoints; Cohere has no such limit. */
  readonly tokensPerMinute?: number | undefined;
  /** Inputs, for Cohere's `/v2/embed`; no other endpoint has such a limit. */
  readonly inputsPerMinute?: number | undefined;
  /**
   * Whether a request that the limit on requests refuses counts against it too. @default true, as
   * https://help.openai.com/en/articles/5955604 says, 2026-11-24
   */
  readonly countRefused?: boolean | undefined;
}

/**
 * How long an answer takes, in milliseconds: a base and a part for every thousand tokens, times chance; or anything
 * between two bounds. Refusals take half of the base (or of `minMs`).
 */
export type Latency =
  | {
      readonly baseMs?: number | undefined;
      readonly perThousandTokensMs?: number | undefined;
      /** Uniform: the factor lies within 1 - jitter and 1 + jitter. Lognormal: the sigma. @default 0 */
      readonly jitter?: number | undefined;
      /** @default "uniform" */
      readonly distribution?: "uniform" | "lognormal" | undefined;
    }
  | { readonly minMs: number; readonly maxMs: number };

/** `azure`: resets in whole seconds, now and then -1 or 0, as Azure sends them. */
export type HeaderStyle = "openai" | "azure" | "none";

/** Ways in which servers that call themselves OpenAI-compatible differ. */
export interface Quirks {
  /** Sends vectors so whatever the request asks for. */
  readonly encoding?: "float" | "base64" | undefined;
  /** Rows of embeddings come without `index`. @default false */
  readonly omitIndex?: boolean | undefined;
  /** `usage` is left out of answers, or null. @default sent */
  readonly usage?: "missing" | "null" | undefined;
}

/** What goes wrong, by seed. */
export interface Faults {
  /** 500 or 503 with a JSON body. */
  readonly serverErrorRate?: number | undefined;
  /** 502 with a page of HTML, as a gateway sends it. */
  readonly htmlErrorRate?: number | undefined;
  /** The connection is reset in place of an answer. */
  readonly resetRate?: number | undefined;
  /** The body ends early. */
  readonly cutBodyRate?: number | undefined;
  /** The body trickles in. */
  readonly slowBodyRate?: number | undefined;
  /** How long a slow body takes, in milliseconds. @default 1,000 */
  readonly slowBodyMs?: number | undefined;
  /** A 429 although no limit is reached. */
  readonly rateLimitRate?: number | undefined;
  /**
   * What OpenAI's 429s say of the time to wait: `retry-after` in whole seconds, `retry-after-ms` beside it, or nothing.
   * Cohere's never say. @default "ms"
   */
  readonly retryAfter?: "seconds" | "ms" | "none" | undefined;
  /** The time to wait that a 429 out of the blue names, in milliseconds. @default 1,000 */
  readonly retryAfterMs?: number | undefined;
  /** After this many requests the quota is used up: OpenAI's insufficient_quota, Cohere's 402. */
  readonly quotaAfterRequests?: number | undefined;
  /** An input that contains `marker` makes its whole request a 400; with `named` the error names its position. */
  readonly poison?: { readonly marker: string; readonly named?: boolean | undefined } | undefined;
  /** Rows in another order, each with its own index. */
  readonly shuffleRate?: number | undefined;
  /** One row is left out. */
  readonly missingRowRate?: number | undefined;
  /** One row has the index of another. */
  readonly duplicateIndexRate?: number | undefined;
  /** One row has an index beyond the last. */
  readonly outOfRangeIndexRate?: number | undefined;
  /** One vector has an element that is no number (NaN in base64, null in JSON). */
  readonly nanRate?: number | undefined;
  /** One vector is an element short. */
  readonly wrongSizeRate?: number | undefined;
}

/** The options with their defaults. */
export interface Settings extends Behaviour {
  readonly seed: number;
  readonly limits: Limits;
  readonly fill: number;
  readonly latency: Latency;
  readonly headers: HeaderStyle;
  readonly quirks: Quirks;
  readonly faults: Faults;
  readonly jobs: Jobs;
  readonly maxBodyBytes: number;
  readonly trackInputs: boolean;
}

/** Fills in the defaults. */
export function withDefaults(behaviour: Behaviour): Settings {
  return {
    ...behaviour,
    seed: behaviour.seed ?? 1,
    limits: behaviour.limits ?? {},
    fill: behaviour.fill ?? 1,
    latency: behaviour.latency ?? {},
    headers: behaviour.headers ?? "openai",
    quirks: behaviour.quirks ?? {},
    faults: behaviour.faults ?? {},
    jobs: behaviour.jobs ?? {},
    maxBodyBytes: behaviour.maxBodyBytes ?? 64 * 1024 * 1024,
    trackInputs: behaviour.trackInputs ?? false,
  };
}
