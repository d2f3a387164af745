import type { Workload, WorkloadName } from "./workload.ts";

const embed: Workload = {
  name: "embed",
  kind: "embed",
  items: 50_000,
  meanTokens: 110,
  // Few, so that the network and the emulator have little to do; `wide` has as many as the real model.
  dimensions: 64,
  limits: { requestsPerMinute: 3000, tokensPerMinute: 20_000_000 },
  latency: { baseMs: 60, perThousandTokensMs: 1, jitter: 0.2 },
  serverErrorRate: 0,
  badInputEvery: undefined,
  fill: 0.02,
  peers: ["openai + p-map + p-retry", "openai + p-queue", "openai + Effect RateLimiter", "LangChain", "AI SDK"],
  grid: "embed",
};

/** Work of the suite `latency`: 50,000 texts, whose lengths have a median of 60 tokens. */
const e: Workload = {
  ...embed,
  name: "E10",
  about: "E: 10 µs a token, sigma 0.25",
  meanTokens: 60 * Math.exp(0.9 ** 2 / 2),
  limits: { requestsPerMinute: 12_000, tokensPerMinute: 20_000_000 },
  latency: answerTime(10, 0.25),
  fill: 1 / 30,
  peers: ["LangChain", "openai + Effect RateLimiter", "AI SDK", "openai + p-map, bisecting"],
  grid: "latency",
};

/** Work for servers of one's own: no limits, and jobs of about a minute. */
const own = {
  ...e,
  limits: { requestsPerMinute: Infinity, tokensPerMinute: Infinity },
  peers: ["openai + p-map, bisecting"],
  grid: "own",
} as const satisfies Workload;

const slots = { kind: "queue", slots: 4, baseMs: 50, tokensPerMs: 10 } as const;

/** Every workload, by its suite's name. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  embed,
  throttled: {
    ...embed,
    name: "throttled",
    limits: { requestsPerMinute: 750, tokensPerMinute: 5_000_000 },
  },
  faulty: { ...embed, name: "faulty", serverErrorRate: 0.01, badInputEvery: 1000, grid: "faulty" },
  chat: {
    ...embed,
    name: "chat",
    kind: "chat",
    grid: "chat",
    items: 2000,
    meanTokens: 60,
    limits: { requestsPerMinute: 6000, tokensPerMinute: 10_000_000 },
    latency: { minMs: 20, maxMs: 400 },
  },
  wide: { ...embed, name: "wide", dimensions: 1536 },
  E10: e,
  E30: { ...e, name: "E30", about: "E: 30 µs a token, sigma 0.25", latency: answerTime(30, 0.25) },
  E10s6: { ...e, name: "E10s6", about: "E: 10 µs a token, sigma 0.6", latency: answerTime(10, 0.6) },
  E1: { ...e, name: "E1", about: "E: 1 µs a token, sigma 0.25", latency: answerTime(1, 0.25) },
  Eflat: { ...e, name: "Eflat", about: "E: flat 80 ms", latency: answerTime(0, 0) },
  F: {
    ...e,
    name: "F",
    about: "F: E at 10 µs, 1 text in 1,000 refused, 1 % 5xx",
    serverErrorRate: 0.01,
    badInputEvery: 1000,
  },
  T: {
    ...e,
    name: "T",
    about: "T: a quarter of the texts and limits, 10 µs",
    items: 12_500,
    limits: { requestsPerMinute: 3000, tokensPerMinute: 5_000_000 },
    grid: "quarter",
  },
  C: {
    ...e,
    name: "C",
    about: "C: 2,000 chats, 9,000 requests a minute, 110 ms, sigma 0.6, 20 to 400 ms",
    kind: "chat",
    items: 2000,
    limits: { requestsPerMinute: 9000, tokensPerMinute: 20_000_000 },
    latency: {
      baseMs: 110,
      perThousandTokensMs: 0,
      jitter: 0.6,
      distribution: "lognormal",
      minMs: 20,
      maxMs: 400,
    },
    grid: "pacedChat",
  },
  queue: {
    ...own,
    name: "queue",
    about: "one queue, 50,000 tokens a second",
    items: 33_000,
    own: { kind: "queue", slots: 1, baseMs: 0, tokensPerMs: 50 },
  },
  slots: {
    ...own,
    name: "slots",
    about: "four slots, 50 ms base, 10,000 tokens a second each",
    items: 24_000,
    own: slots,
  },
  crowd: {
    ...own,
    name: "crowd",
    about: "50,000 tokens a second, slower beyond 64,000 in flight",
    items: 33_000,
    own: { kind: "crowd", tokensPerMs: 50, baseMs: 5, needed: 4000, room: 64_000, unit: "tokens" },
  },
  request: {
    ...e,
    name: "request",
    about: "60 requests a minute, ample tokens",
    limits: { requestsPerMinute: 60, tokensPerMinute: 150_000_000 },
  },
  day: {
    ...e,
    name: "day",
    about: "1,000 requests a day, as headers report; ample tokens",
    limits: { requestsPerMinute: 12_000, tokensPerMinute: 150_000_000, requestsPerDay: 1000 },
  },
  max413: {
    ...own,
    name: "max413",
    about: smallServer(413),
    items: 20_000,
    own: { ...slots, most: 64, complaint: 413 },
  },
  max400: {
    ...own,
    name: "max400",
    about: smallServer(400),
    items: 20_000,
    own: { ...slots, most: 64, complaint: 400 },
  },
  max500: {
    ...own,
    name: "max500",
    about: smallServer(500),
    items: 20_000,
    own: { ...slots, most: 64, complaint: 500 },
  },
  shared: {
    ...e,
    name: "shared",
    items: 66_000,
    limits: { requestsPerMinute: 1200, tokensPerMinute: 2_000_000 },
  },
};

function answerTime(usPerToken: number, sigma: number): Workload["latency"] {
  return { baseMs: 80, perThousandTokensMs: usPerToken, jitter: sigma, distribution: "lognormal" };
}

function smallServer(status: number): string {
  return `a server of one's own that answers ${status} to more than 64 texts`;
}
