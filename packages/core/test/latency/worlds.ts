import { type Clock, codeOf, type Runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { bestFixed, type FixedSetting, SWEEP } from "./fixed-setting.ts";
import { type Limit, LimitedProvider, type Ways } from "./limited-provider.ts";
import { type Complaint, CrowdedServer, QueueServer, SmallServer } from "./own-servers.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Server } from "./server.ts";
import { makeTexts, type Text, tokensIn } from "./texts.ts";
import { chat, embeddings, Wire } from "./wire.ts";

/** Result of a job in a world. */
export interface Score {
  /** Times the bound; of a server of one's own, the share of the best fixed setting's speed; else times the least requests. */
  readonly ratio: number;
  readonly requests: number;
  /** 429s. */
  readonly refused: number;
  /** Good inputs without their output, and bad ones with one. */
  readonly lost: number;
  /** Seconds after which 90 % of the best speed was reached first, over three seconds. */
  readonly foundS?: number;
  /** Share of what was there that was used, for each 30 s. */
  readonly shares?: readonly number[];
}

/** World that a job is run in. */
export interface World {
  readonly about: string;
  /** True where the ratio is a share of what can be done, and not a multiple. */
  readonly isShare?: boolean;
  /** Promise, in words, and held against a score, or against the summary of several. */
  readonly promise: string;
  readonly isKept: (score: Score) => boolean;
  readonly run: (seed: number) => Promise<Score>;
}

/** Mean ratio of several seeds, and the worst of all else. */
export function summarize(scores: readonly Score[]): Score {
  const worst = (value: (score: Score) => number): number => Math.max(...scores.map(value));
  return {
    ratio: scores.reduce((sum, { ratio }) => sum + ratio, 0) / scores.length,
    requests: worst(({ requests }) => requests),
    refused: worst(({ refused }) => refused),
    lost: worst(({ lost }) => lost),
    ...(scores[0]?.foundS === undefined ? {} : { foundS: worst(({ foundS = Infinity }) => foundS) }),
  };
}

const RATES = { tokens: 20_000_000, requests: 12_000 };

/** All worlds by name. Those that promise only that nothing is lost show how far a rule carries. */
export const WORLDS: Readonly<Record<string, World>> = {
  E10: embedding("10 us a token, sigma 0.25", { most: 1.04 }),
  E30: embedding("30 us a token", { us: 30, most: 1.045 }),
  E10s6: embedding("10 us a token, sigma 0.6", { sigma: 0.6, most: 1.05 }),
  E1: embedding("1 us a token", { us: 1, most: 1.03 }),
  Eflat: embedding("flat 80 ms", { us: 0, sigma: 0, most: 1.03 }),
  F10: embedding("E at 10 us, 1 text in 1,000 refused, 1 % 503", {
    badShare: 0.001,
    outageShare: 0.01,
    most: 1.06,
    mostRequests: 1100,
    mostRefused: 5,
  }),
  F10counted: embedding("the same, and what is refused is counted", {
    badShare: 0.001,
    outageShare: 0.01,
    countsRefused: true,
    most: Infinity,
    mostRefused: 10,
  }),
  T: embedding("a quarter of texts and limits, 10 us", { scale: 1 / 4, most: 1.04 }),
  C: chats(),
  E20b200: embedding("200 ms and 20 us a token", { baseMs: 200, us: 20, most: Infinity }),
  E5b20: embedding("20 ms and 5 us a token, sigma 0.4", { baseMs: 20, us: 5, sigma: 0.4, most: Infinity }),
  E60: embedding("60 us a token", { us: 60, most: Infinity }),
  E10silent: embedding("E at 10 us, headers say nothing", { isSilent: true, most: Infinity, mostRefused: Infinity }),
  request: fewest("60 requests a minute, ample tokens", [
    { kind: "requests", limit: 60 },
    { kind: "tokens", limit: 20_000_000, fill: 20_000_000 },
  ]),
  // Groq reports a day's requests: https://console.groq.com/docs/rate-limits (checked 2026-11-28).
  day: fewest("1,000 requests a day, reported; ample tokens", [
    { kind: "requests", limit: 12_000 },
    { kind: "requests", limit: 1000, periodMs: 86_400_000, fill: 1000 },
    { kind: "tokens", limit: 20_000_000, fill: 20_000_000 },
  ]),
  queue: own("one queue, 50,000 tokens a second", 0.95, 33_000, (clock, random) => {
    return new QueueServer(clock, random, { slots: 1, baseMs: 0, tokensPerMs: 50 });
  }),
  queue5: own("one queue, 5,000 tokens a second", 0.95, 3300, (clock, random) => {
    return new QueueServer(clock, random, { slots: 1, baseMs: 0, tokensPerMs: 5 });
  }),
  slots: own("four slots, 50 ms base, 5,000 tokens a second each", 0.9, 12_500, (clock, random) => {
    return new QueueServer(clock, random, { slots: 4, baseMs: 50, tokensPerMs: 5 });
  }),
  slots50: own("four slots, 50 ms base, 50,000 tokens a second each", 0.9, 110_000, (clock, random) => {
    return new QueueServer(clock, random, { slots: 4, baseMs: 50, tokensPerMs: 50 });
  }),
  slots8: own("eight slots, 10 ms base, 2,000 tokens a second each", 0, 10_000, (clock, random) => {
    return new QueueServer(clock, random, { slots: 8, baseMs: 10, tokensPerMs: 2 });
  }),
  slots1: own("one slot, 200 ms base, 20,000 tokens a second", 0, 13_000, (clock, random) => {
    return new QueueServer(clock, random, { slots: 1, baseMs: 200, tokensPerMs: 20 });
  }),
  crowd: own("slows down beyond 64,000 tokens in flight", 0.93, 30_000, (clock, random) => {
    const crowd = { tokensPerMs: 50, baseMs: 5, needed: 4000, room: 64_000, unit: "tokens" } as const;
    return new CrowdedServer(clock, random, crowd);
  }),
  crowd8: own("slows down beyond 8 requests in flight, 50 ms base", 0.93, 30_000, (clock, random) => {
    const crowd = { tokensPerMs: 50, baseMs: 50, needed: 1, room: 8, unit: "requests" } as const;
    return new CrowdedServer(clock, random, crowd);
  }),
  // text-embeddings-inference refuses more than 32 texts: https://github.com/huggingface/text-embeddings-inference, --max-client-batch-size.
  max413: small(413),
  max400: small(400),
  max500: small(500),
  maxTimeout: small("time-out"),
  shared: shared(false),
  sharedSilent: shared(true),
};

interface Embedding extends Partial<Pick<Ways, "outageShare" | "isSilent" | "countsRefused">> {
  readonly baseMs?: number;
  readonly us?: number;
  readonly sigma?: number;
  readonly badShare?: number;
  readonly scale?: number;
  readonly most: number;
  readonly mostRequests?: number;
  readonly mostRefused?: number;
}

/** 50,000 texts on known limits, the first two seconds' worth of which is there. */
function embedding(about: string, given: Embedding): World {
  const { baseMs = 80, us = 10, sigma = 0.25, badShare = 0, scale = 1 } = given;
  const { most, mostRequests = Infinity, mostRefused = 0 } = given;
  return {
    about,
    promise:
      most === Infinity ? "none lost" : `<= ${most}${mostRequests === Infinity ? "" : `, <= ${mostRequests} requests`}`,
    isKept: ({ ratio, requests, refused, lost }) =>
      ratio <= most && requests <= mostRequests && refused <= mostRefused && lost === 0,
    async run(seed) {
      const { clock, random } = begin(seed);
      const texts = makeTexts(50_000 * scale, random, badShare);
      const limits = [
        { kind: "requests", limit: RATES.requests * scale },
        { kind: "tokens", limit: RATES.tokens * scale },
      ] as const;
      const latency = { baseMs, usPerToken: us, sigma };
      const provider = new LimitedProvider(clock, random, { limits, latency, ...given });
      const result = await run(clock, random, provider, texts, embeddings);
      const good = texts.filter(({ isBad }) => !isBad);
      return { ...result, ratio: clock.now() / provider.boundMs({ requests: 1, tokens: tokensIn(good) }) };
    },
  };
}

function chats(): World {
  return {
    about: "2,000 chats, 9,000 requests a minute, 110 ms, sigma 0.6, 20 to 400 ms",
    promise: "<= 1.04, no 429",
    isKept: ({ ratio, refused, lost }) => ratio <= 1.04 && refused === 0 && lost === 0,
    async run(seed) {
      const { clock, random } = begin(seed);
      const prompts = makeTexts(2000, random);
      const latency = { baseMs: 110, usPerToken: 0, sigma: 0.6, minMs: 20, maxMs: 400 };
      const limits = [
        { kind: "requests", limit: 9000 },
        { kind: "tokens", limit: RATES.tokens },
      ] as const;
      const provider = new LimitedProvider(clock, random, { limits, latency });
      const result = await run(clock, random, provider, prompts, chat);
      return { ...result, ratio: clock.now() / provider.boundMs({ requests: 2000, tokens: tokensIn(prompts) }) };
    },
  };
}

/** 40,000 texts where requests are what there is too little of. */
function fewest(about: string, limits: readonly Limit[]): World {
  return {
    about,
    promise: "no more requests than the largest",
    isKept: ({ ratio, refused, lost }) => ratio <= 1.1 && refused === 0 && lost === 0,
    async run(seed) {
      const { clock, random } = begin(seed);
      const texts = makeTexts(40_000, random);
      const provider = new LimitedProvider(clock, random, {
        limits,
        latency: { baseMs: 80, usPerToken: 10, sigma: 0.25 },
      });
      const result = await run(clock, random, provider, texts, embeddings);
      const least = Math.ceil(Math.max(texts.length / 2048, tokensIn(texts) / 300_000));
      return { ...result, ratio: result.requests / least };
    },
  };
}

/** Job of about a minute on a server that has no limits. */
function own(about: string, least: number, count: number, makeServer: (clock: Clock, random: Random) => Server): World {
  let settings: readonly FixedSetting[] = SWEEP;
  return {
    about,
    isShare: true,
    promise: least === 0 ? "none lost" : `>= ${least} of the best fixed setting, found in 10 s`,
    isKept: ({ ratio, lost, foundS = Infinity }) => lost === 0 && (least === 0 || (ratio >= least && foundS <= 10)),
    async run(seed) {
      const { clock, random } = begin(seed);
      const texts = makeTexts(count, random);
      const found = bestFixed(texts, settings, (other) => makeServer(other, seededRandom(seed)));
      // What is far from the best with one seed is not the best with another.
      settings = found;
      const best = found[0]!;
      const wire = new Wire(clock, makeServer(clock, seededRandom(seed)));
      const result = await runOn(wire, clock, random, texts, embeddings);
      const foundS = foundMs(wire, (0.9 * tokensIn(texts)) / best.ms) / 1000;
      return { ...result, ratio: best.ms / clock.now(), foundS };
    },
  };
}

/** Milliseconds until so many tokens a millisecond were answered, over three seconds. */
function foundMs({ answered }: Wire, tokensPerMs: number): number {
  const SPAN_MS = 3000;
  let sum = 0;
  let first = 0;
  for (const { at, tokens, error } of answered) {
    if (error === undefined) sum += tokens;
    for (; answered[first]!.at <= at - SPAN_MS; first++) {
      if (answered[first]!.error === undefined) sum -= answered[first]!.tokens;
    }
    if (at >= SPAN_MS && sum / SPAN_MS >= tokensPerMs) return at;
  }
  return Infinity;
}

/** Server of one's own that takes 64 texts a request. */
function small(complaint: Complaint): World {
  const MOST = 64;
  return {
    about: `at most ${MOST} texts in a request, else ${complaint}`,
    promise: "<= 1.2 times the least requests",
    isKept: ({ ratio, lost }) => ratio <= 1.2 && lost === 0,
    async run(seed) {
      const { clock, random } = begin(seed);
      const texts = makeTexts(20_000, random);
      const inner = new QueueServer(clock, random, { slots: 4, baseMs: 50, tokensPerMs: 50 });
      const server = new SmallServer(clock, inner, MOST, complaint);
      const result = await run(clock, random, server, texts, embeddings);
      return { ...result, ratio: result.requests / Math.ceil(texts.length / MOST) };
    },
  };
}

/** Long job on a tenth of the usual limits, of which another user takes half in its second minute. */
function shared(isSilent: boolean): World {
  const WINDOW_MS = 30_000;
  const [from, until] = [60_000, 120_000];
  const gainedMs = (since: number, now: number): number =>
    now - since - Math.max(0, Math.min(now, until) - Math.max(since, from)) / 2;
  return {
    about: `another user takes half of the limits in the second minute${isSilent ? ", headers say nothing" : ""}`,
    isShare: true,
    promise: "few 429s, 0.9 of what is there is used from 30 s after each change on",
    isKept: ({ ratio, refused, lost }) => ratio >= 0.9 && refused <= 20 && lost === 0,
    async run(seed) {
      const { clock, random } = begin(seed);
      const texts = makeTexts(66_000, random);
      const limits = [
        { kind: "requests", limit: RATES.requests / 10 },
        { kind: "tokens", limit: RATES.tokens / 10 },
      ] as const;
      const latency = { baseMs: 80, usPerToken: 10, sigma: 0.25 };
      const wire = new Wire(clock, new LimitedProvider(clock, random, { limits, latency, gainedMs, isSilent }));
      const result = await runOn(wire, clock, random, texts, embeddings);
      const shares = Array.from({ length: Math.floor(clock.now() / WINDOW_MS) }, (_, window) => {
        const [start, end] = [window * WINDOW_MS, (window + 1) * WINDOW_MS];
        const inside = wire.answered.filter(({ at, error }) => error === undefined && at > start && at <= end);
        const used = inside.reduce((sum, { tokens }) => sum + tokens, 0);
        return used / ((gainedMs(start, end) * RATES.tokens) / 10 / 60_000);
      });
      const steady = shares.filter((_, window) => window !== from / WINDOW_MS && window !== until / WINDOW_MS);
      return { ...result, ratio: Math.min(...steady), shares };
    },
  };
}

function begin(seed: number): { readonly clock: FakeClock; readonly random: Random } {
  return { clock: new FakeClock(), random: seededRandom(seed) };
}

type Make = (wire: Wire, clock: Clock) => Runnable<Text, Text>;

function run(
  clock: FakeClock,
  random: Random,
  server: Server,
  texts: readonly Text[],
  make: Make,
): Promise<Omit<Score, "ratio">> {
  return runOn(new Wire(clock, server), clock, random, texts, make);
}

async function runOn(
  wire: Wire,
  clock: FakeClock,
  random: Random,
  texts: readonly Text[],
  make: Make,
): Promise<Omit<Score, "ratio">> {
  const outputs = await clock.run(make(wire, clock).batch(texts, { clock, random, returnExceptions: true }));
  const isRight = (text: Text, output: unknown): boolean =>
    text.isBad ? codeOf(output) === "invalid_input" : output === text;
  const lost = texts.filter((text, index) => !isRight(text, outputs[index])).length;
  return { requests: wire.sent, refused: wire.refused, lost };
}
