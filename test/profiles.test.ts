import { CohereChat, CohereEmbeddings } from "@batchwise/cohere";
import {
  type Behavior,
  type Emulator,
  hashText,
  type ProfileName,
  type ScriptedAnswer,
  startEmulator,
} from "@batchwise/emulator";
import { sleep } from "@batchwise/core";
import { OpenAIChat, OpenAIEmbeddings } from "@batchwise/openai";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedTime } from "./shared-time.ts";

const RUNS = Number(process.env["BATCHWISE_RUNS"] ?? 30);
/** The same runs every time, so that a red one is the change's own doing. BATCHWISE_SEED=random draws new ones. */
const SEED = process.env["BATCHWISE_SEED"] === "random" ? undefined : Number(process.env["BATCHWISE_SEED"] ?? 1);

const HOUR_MS = 3_600_000;
const LONGEST_MS = 3 * HOUR_MS;
const OUTAGES_END_MS = 200_000;
const DIMENSIONS = 8;

const KINDS = ["OpenAI embeddings", "OpenAI chat", "Cohere embeddings", "Cohere chat"] as const;
const PROFILES: readonly ProfileName[] = [
  "azure",
  "dashscope",
  "gateway",
  "gemini",
  "groq",
  "litellm",
  "llamacpp",
  "lmstudio",
  "mistral",
  "ollama",
  "openrouter",
  "vllm",
];

interface World {
  readonly kind: (typeof KINDS)[number];
  readonly profile: readonly ProfileName[];
  readonly seed: number;
  readonly count: number;
  readonly latencyMs: number;
  readonly maxInputs: number;
  readonly answers: readonly ScriptedAnswer[];
  readonly limits: Behavior["limits"];
  readonly faults: Behavior["faults"];
}

const PAGE = "<html><body>This site is being worked on.</body></html>";
const share = fc.constantFrom(0, 0, 0.02, 0.05);

const inputOf = fc.nat(20).map((index) => `Text ${index} `);

/** Ways that no profile has, two of which may come on top of one. */
const answers: fc.Arbitrary<readonly ScriptedAnswer[]> = fc.uniqueArray(
  fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1000, max: 90_000 }))
      .chain(([from, lasts]) =>
        fc.constantFrom<ScriptedAnswer>(
          { name: "down", during: [from, from + lasts] },
          { name: "down", during: [from, from + lasts], status: 503 },
          { name: "down", during: [from, from + lasts], status: 200, body: PAGE },
        ),
      ),
    fc.integer({ min: 1, max: 20 }).map((moreThan) => ({ name: "too many", moreThan, status: 500 })),
    fc.integer({ min: 4, max: 20 }).map((moreThan) => ({ name: "slow", moreThan, delayMs: HOUR_MS })),
    inputOf.map((marker) => ({ name: "poison", marker, status: 500 })),
    inputOf.map((marker) => ({ name: "forbidden", marker, status: 403, body: PAGE })),
    fc.constantFrom(498, 424).map((status) => ({ name: "odd", rate: 0.05, status, body: { error: "no" } })),
  ),
  { maxLength: 2, selector: ({ name }) => name },
);

const worlds: fc.Arbitrary<World> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    profile: fc.uniqueArray(fc.constantFrom(...PROFILES), { maxLength: 2 }),
    seed: fc.nat(1_000_000),
    count: fc.integer({ min: 1, max: 60 }),
    latencyMs: fc.constantFrom(0, 20, 700),
    maxInputs: fc.constantFrom(1, 7, 30, 100),
    answers,
    limits: fc.constantFrom(
      undefined,
      undefined,
      { requestsPerMinute: 15, fixedWindows: true },
      { requestsPerSecond: 1 },
    ),
    faults: fc.record({
      serverErrorRate: share,
      htmlErrorRate: share,
      resetRate: share,
      cutBodyRate: share,
      rateLimitRate: share,
    }),
  })
  // Cohere documents 498 as a refusal of the input: https://docs.cohere.com/reference/errors.
  .filter(({ kind, answers: given }) => kind.startsWith("OpenAI") || given.every(({ status }) => status !== 498));

const texts = Array.from(
  { length: 60 },
  (_, index) => `Text ${index} ${"of some length ".repeat(index % 9 === 8 ? 150 : 3)}`,
);
const vectors = await vectorsOf(texts);

test(
  `in ${RUNS} worlds nothing is lost, doubled or wrongly right, and each run ends`,
  async () => {
    let lived = 0;
    await fc.assert(
      fc.asyncProperty(worlds, (world) => live(world, ++lived)),
      { numRuns: RUNS, includeErrorInReport: true, ...(SEED === undefined ? {} : { seed: SEED }) },
    );
    expect(lived).toBe(RUNS);
  },
  RUNS * 20_000,
);

async function live(world: World, run: number): Promise<void> {
  const time = new SharedTime();
  const behavior: Behavior = {
    profile: world.profile.length === 0 ? undefined : world.profile,
    seed: world.seed,
    tokens: "fast",
    dimensions: DIMENSIONS,
    trackInputs: true,
    latency: { baseMs: world.latencyMs },
    limits: world.limits,
    faults: { ...world.faults, answers: world.answers.length === 0 ? undefined : world.answers },
  };
  await using emulator = await startEmulator({ ...behavior, clock: time.server });
  const connection = { apiKey: `key-${run}`, clock: time.clock, fetch: time.fetch, timeoutMs: 60_000 };
  const openai = { ...connection, baseURL: emulator.openaiBaseURL, model: "m" };
  const cohere = { ...connection, baseURL: emulator.cohereBaseURL, model: "m" };
  const inputs = texts.slice(0, world.count);
  const options = {
    clock: time.clock,
    random: randomOf(world.seed),
    returnExceptions: true as const,
    request: { maxInputs: world.maxInputs },
    // Enough that chance alone fails no input.
    retry: { attempts: 15 },
  };
  const runs: { readonly [Kind in World["kind"]]: () => Promise<readonly unknown[]> } = {
    "OpenAI embeddings": () => new OpenAIEmbeddings(openai).batch(inputs, options),
    "Cohere embeddings": () => new CohereEmbeddings({ ...cohere, inputType: "search_document" }).batch(inputs, options),
    "OpenAI chat": () => new OpenAIChat(openai).batch(inputs, options),
    "Cohere chat": () => new CohereChat(cohere).batch(inputs, options),
  };
  const slots = await time.run(runs[world.kind](), LONGEST_MS);
  const stats = emulator.stats();

  expect(slots).toHaveLength(inputs.length);
  const answered = [...slots.entries()].filter(([, slot]) => !(slot instanceof Error));
  const right = world.kind.endsWith("embeddings") ? vectors : inputs.map((input) => `Echo: ${input}`);
  expect(answered.map(([, slot]) => valueOf(slot))).toEqual(answered.map(([index]) => right[index]));
  const doubled = inputs.filter((input) => (stats.inputs?.[hashText(input)]?.answered ?? 0) > 1);
  expect(doubled).toEqual([]);
  expect(stats.requests).toBeLessThanOrEqual(200 + 30 * inputs.length);

  // Alone, without a limit and long after every outage, a bad input is refused at every try, and a good one is not.
  emulator.reset({ limits: { requestsPerMinute: 1e8, requestsPerSecond: 1e8, requestsPerDay: 1e5 }, latency: {} });
  await time.run(sleep(OUTAGES_END_MS, time.clock), HOUR_MS);
  const lost: string[] = [];
  for (const [index, slot] of slots.entries()) {
    const isGood = slot instanceof Error && (await passesEver(inputs[index] as string, world, time, emulator));
    if (isGood) lost.push(`${index}: ${slot.message}`);
  }
  expect(lost).toEqual([]);
}

/** Random numbers of a seed, evenly spread. */
function randomOf(seed: number): () => number {
  let at = seed;
  return () => (++at * 0.618_033_988_749_895) % 1;
}

function valueOf(slot: unknown): unknown {
  return slot instanceof Float32Array ? Array.from(slot) : (slot as { readonly text: string }).text;
}

async function passesEver(input: string, { kind }: World, time: SharedTime, emulator: Emulator): Promise<boolean> {
  const messages = [{ role: "user", content: input }];
  const [path, body] = {
    "OpenAI embeddings": ["/v1/embeddings", { model: "m", input }] as const,
    "Cohere embeddings": ["/v2/embed", { model: "m", texts: [input], input_type: "search_document" }] as const,
    "OpenAI chat": ["/v1/chat/completions", { model: "m", messages }] as const,
    "Cohere chat": ["/v2/chat", { model: "m", messages }] as const,
  }[kind];
  for (let attempt = 0; attempt < 20; attempt++) {
    const request = { method: "POST", headers: { authorization: "Bearer other" }, body: JSON.stringify(body) };
    const { answered } = emulator.stats();
    await time.run(
      time.fetch(emulator.url + path, request).catch(() => undefined),
      2 * HOUR_MS,
    );
    // Not by the status: a page or an error may come with 200.
    if (emulator.stats().answered > answered) return true;
  }
  return false;
}

async function vectorsOf(input: readonly string[]): Promise<readonly (readonly number[])[]> {
  await using emulator = await startEmulator({ dimensions: DIMENSIONS, tokens: "fast" });
  const response = await fetch(`${emulator.openaiBaseURL}/embeddings`, {
    method: "POST",
    headers: { authorization: "Bearer any" },
    body: JSON.stringify({ model: "m", input }),
  });
  const { data } = (await response.json()) as { readonly data: readonly { readonly embedding: readonly number[] }[] };
  return data.map(({ embedding }) => Array.from(Float32Array.from(embedding)));
}
