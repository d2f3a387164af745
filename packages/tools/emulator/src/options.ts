import type { EmulatorClock } from "./clock.ts";
import type { ReplyRequest } from "./content/reply.ts";
import type { CountTokens } from "./content/tokens.ts";
import type { ScriptedAnswer } from "./faults/scripted-answer.ts";
import type { Jobs } from "./jobs/options.ts";

/** Options of `startEmulator`. By default nothing is limited, delayed or broken. */
export interface EmulatorOptions extends Behavior {
  /** Port to listen at; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Address to listen at. Any but a loopback address opens it to the network. @default "127.0.0.1" */
  readonly host?: string;
  /** Answers `GET /__emulator/stats` and `POST /__emulator/reset`, for other processes. @default false */
  readonly control?: boolean;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: EmulatorClock;
}

/** Options that `reset` can replace while the emulator runs. */
export interface Behavior {
  /**
   * Server whose ways it has, or several in a row, as of a gateway before a server. Other options come before it, one by
   * one; `faults.answers` are added. @default none: OpenAI and Cohere as they document themselves
   */
  readonly profile?: ProfileName | readonly ProfileName[] | undefined;
  /** Only key that is accepted. @default any that is not empty */
  readonly apiKey?: string | undefined;
  /** Seed of everything random, with the number of the request. A whole number. @default 1 */
  readonly seed?: number | undefined;
  /** Limits a minute, for each key and pool. @default unlimited, and no limit headers */
  readonly limits?: Limits | undefined;
  /**
   * Share of a minute's worth that each limit lets pass at once at the start, 0 to 1. A pool starts with its first
   * request. @default 1
   */
  readonly fill?: number | undefined;
  /** Time that an answer takes. @default no time */
  readonly latency?: Latency | undefined;
  /** Length of vectors, unless the request names it. @default the model's; 1,536 for an unknown model */
  readonly dimensions?: number | undefined;
  /** Token counts: by OpenAI's tokenizers, or as a quarter of the UTF-8 bytes. @default "exact" */
  readonly tokens?: "exact" | "fast" | undefined;
  /** Counts tokens, instead of `tokens`. */
  readonly countTokens?: CountTokens | undefined;
  /** Style of the limit headers. @default "openai" */
  readonly headers?: HeaderStyle | undefined;
  /** Ways in which compatible servers differ. */
  readonly quirks?: Quirks | undefined;
  /** Faults to inject. Rates are shares of the admitted requests, 0 to 1. @default none */
  readonly faults?: Faults | undefined;
  /** Offline jobs: OpenAI's Batch API and Cohere's batches. @default each ends well, at once */
  readonly jobs?: Jobs | undefined;
  /** Known models; any other is a 404, with OpenAI and Cohere alike. @default any */
  readonly models?: readonly string[] | undefined;
  /** A body over this many bytes is a 413; an upload may have 512 MB. @default 67,108,864 */
  readonly maxBodyBytes?: number | undefined;
  /** Answer of a chat model, unless JSON is asked for. @default "Echo: " and the last message of the user */
  readonly reply?: ((request: ReplyRequest) => string) | undefined;
  /** Counts in `stats().inputs` how often each text was sent, charged and answered. @default false */
  readonly trackInputs?: boolean | undefined;
}

/** Name of a server whose ways are known. */
export type ProfileName =
  | "azure"
  | "dashscope"
  | "gateway"
  | "gemini"
  | "groq"
  | "litellm"
  | "llamacpp"
  | "lmstudio"
  | "minimax"
  | "mistral"
  | "ollama"
  | "openrouter"
  | "tei"
  | "unsloth"
  | "vllm";

/** Limits a minute, whole numbers from 1 to 150,000,000. */
export interface Limits {
  /** Calls a second, for every endpoint: two at once are one too many where it is 1. No header reports it. */
  readonly requestsPerSecond?: number | undefined;
  /** Calls, for every endpoint. */
  readonly requestsPerMinute?: number | undefined;
  /** Calls a day, at most 100,000, for every endpoint. Where it is given, headers report it instead of the minute's. */
  readonly requestsPerDay?: number | undefined;
  /** Tokens, for OpenAI's endpoints; Cohere has no such limit. */
  readonly tokensPerMinute?: number | undefined;
  /** Inputs, for Cohere's `/v2/embed`; no other endpoint has such a limit. */
  readonly inputsPerMinute?: number | undefined;
  /**
   * Counts a request against the limit on requests even when that limit refuses it. @default true, as
   * https://help.openai.com/en/articles/5955604 says, 2026-11-24
   */
  readonly countRefused?: boolean | undefined;
  /** Counts in windows of the clock, each of which begins anew, instead of refilling evenly. @default false */
  readonly fixedWindows?: boolean | undefined;
}

/**
 * Time of an answer, in milliseconds: a base and a part for every thousand tokens, times a random factor, within bounds;
 * with two bounds alone, anything between them. Refusals take half of the base (or of `minMs`).
 */
export interface Latency {
  readonly baseMs?: number | undefined;
  /** Milliseconds for each thousand tokens, which are as many microseconds a token. */
  readonly perThousandTokensMs?: number | undefined;
  /** Uniform: the factor lies within 1 - jitter and 1 + jitter. Lognormal: the sigma, with a mean of 1. @default 0 */
  readonly jitter?: number | undefined;
  /** @default "uniform" */
  readonly distribution?: "uniform" | "lognormal" | undefined;
  /** Shortest time. @default 0 */
  readonly minMs?: number | undefined;
  /** Longest time. @default none */
  readonly maxMs?: number | undefined;
  /** Answers that are worked on at once, as on a machine of one's own; others wait in line. @default any number */
  readonly slots?: number | undefined;
  /** Share by which each answer that waits in line makes the next one slower, once slots are taken. @default 0 */
  readonly overload?: number | undefined;
}

/** Style of limit headers. `azure`: resets in whole seconds, now and then -1 or 0, as Azure sends them. */
export type HeaderStyle = "openai" | "azure" | "none";

/** Ways in which servers that call themselves OpenAI-compatible differ. */
export interface Quirks {
  /** Encoding of vectors, whatever the request asks for. */
  readonly encoding?: "float" | "base64" | undefined;
  /** Leaves `index` out of rows of embeddings. @default false */
  readonly omitIndex?: boolean | undefined;
  /** Leaves `usage` out of answers, makes it null, or its tokens 0. @default sent */
  readonly usage?: "missing" | "null" | "zero" | undefined;
  /** Body of the errors of OpenAI's endpoints. @default "openai" */
  readonly errors?: ErrorStyle | undefined;
  /** Escapes `+` and `=` of base64 in JSON, which means the same. @default false */
  readonly escapeBase64?: boolean | undefined;
  /** JSON of a chat model in a code fence, in one that never ends, or after a `<think>` block. @default plain */
  readonly json?: "fence" | "openFence" | "think" | undefined;
  /** Content of chat completions as a list of parts, reasoning first. @default a string */
  readonly content?: "parts" | undefined;
  /** Comments between the events of a stream. @default false */
  readonly comments?: boolean | undefined;
  /** Streams answers of OpenAI's chat models unless the request says `stream: false`. @default false */
  readonly streams?: boolean | undefined;
}

/** Server whose error bodies are sent: `google` an error alone or in a list, by chance, with the time to wait in it. */
export type ErrorStyle =
  | "openai"
  | "azure"
  | "google"
  | "litellm"
  | "llamacpp"
  | "mistral"
  | "ollama"
  | "openrouter"
  | "tei"
  | "text"
  | "vllm";

/** Faults to inject, by seed. */
export interface Faults {
  /** 500 or 503 with a JSON body. */
  readonly serverErrorRate?: number | undefined;
  /** 502 with a page of HTML, as a gateway sends it. */
  readonly htmlErrorRate?: number | undefined;
  /** The connection is reset instead of an answer. */
  readonly resetRate?: number | undefined;
  /** The body ends early. */
  readonly cutBodyRate?: number | undefined;
  /** The body arrives slowly. */
  readonly slowBodyRate?: number | undefined;
  /** Time that a slow body takes, in milliseconds. @default 1,000 */
  readonly slowBodyMs?: number | undefined;
  /** A 429 although no limit is reached. */
  readonly rateLimitRate?: number | undefined;
  /**
   * Time to wait in OpenAI's 429s: `retry-after` in whole seconds, `retry-after-ms` besides, that as 0, or none. Cohere's
   * never have one. @default "ms"
   */
  readonly retryAfter?: "seconds" | "ms" | "zeroMs" | "none" | undefined;
  /** Time to wait that an injected 429 names, in milliseconds. @default 1,000 */
  readonly retryAfterMs?: number | undefined;
  /** After this many requests the quota is used up: OpenAI's insufficient_quota, Cohere's 402. */
  readonly quotaAfterRequests?: number | undefined;
  /** An input that contains `marker` makes its whole request a 400; with `named` the error names its position. */
  readonly badInput?: { readonly marker: string; readonly named?: boolean | undefined } | undefined;
  /** Answers of your own instead of good ones; the first that applies is sent. */
  readonly answers?: readonly ScriptedAnswer[] | undefined;
  /** Rows in another order, each with its own index. */
  readonly shuffleRate?: number | undefined;
  /** One row is left out. */
  readonly missingRowRate?: number | undefined;
  /** One row has the index of another. */
  readonly duplicateIndexRate?: number | undefined;
  /** One row has an index beyond the last. */
  readonly outOfRangeIndexRate?: number | undefined;
  /** One vector has an element that is not a number (NaN in base64, null in JSON). */
  readonly nanRate?: number | undefined;
  /** One vector has zeros alone. */
  readonly zeroRate?: number | undefined;
  /** One vector is an element short. */
  readonly wrongSizeRate?: number | undefined;
}

/** Options with their defaults. */
export interface Settings extends Behavior {
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
