import {
  type Behavior,
  type Emulator,
  hashText,
  PROFILE_NAMES,
  type ProfileName,
  type ScriptedAnswer,
  startEmulator,
} from "@batchwise/emulator";
import { ResultError, sleep } from "@batchwise/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Kind, KINDS } from "./kinds.ts";
import { SharedTime } from "./shared-time.ts";

/** Worlds of each kind of Runnable. */
const RUNS = Number(process.env["BATCHWISE_RUNS"] ?? 6);
/** The same runs every time, so that a red one is the change's own doing. BATCHWISE_SEED=random draws new ones. */
const SEED = process.env["BATCHWISE_SEED"] === "random" ? undefined : Number(process.env["BATCHWISE_SEED"] ?? 1);

const HOUR_MS = 3_600_000;
const LONGEST_MS = 3 * HOUR_MS;
const OUTAGES_END_MS = 200_000;
const DIMENSIONS = 8;
/** Malformed answers after which an input may fail. */
const MALFORMED = 3;

interface World {
  readonly profile: readonly ProfileName[];
  readonly seed: number;
  readonly count: number;
  readonly latencyMs: number;
  readonly maxInputs: number;
  readonly answers: readonly ScriptedAnswer[];
  readonly limits: Behavior["limits"];
  readonly faults: Behavior["faults"];
  readonly json: (Behavior["quirks"] & {})["json"];
}

const PAGE = "<html><body>This site is being worked on.</body></html>";
/** Answers of 200 that are none: of other endpoints, of none, failed, or without what was asked for. */
const MALFORMED_BODIES: readonly unknown[] = [
  {},
  [],
  null,
  { error: { message: "Upstream error", code: 502 } },
  { object: "list", data: [] },
  { results: [], classifications: [], embeddings: { float: [] } },
  { choices: [] },
  { choices: [{ index: 0, message: { role: "assistant", content: "Ec" }, finish_reason: "error" }] },
  { object: "response", status: "failed", error: { code: "server_error", message: "Sorry" }, output: [] },
  { object: "response", status: "completed", output: [] },
  { message: { role: "assistant", content: [] }, finish_reason: "ERROR" },
];
const NO_CONTENT = { choices: [{ index: 0, message: { role: "assistant", content: null }, finish_reason: "stop" }] };
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
    fc.constantFrom(...MALFORMED_BODIES).map((body) => ({ name: "malformed", rate: 0.05, status: 200, body })),
    fc.constant({ name: "no content", rate: 0.05, status: 200, body: NO_CONTENT }),
    fc.constant({ name: "never", inputs: 0.1, delayMs: HOUR_MS }),
    fc.constantFrom(498, 424).map((status) => ({ name: `${status}`, rate: 0.05, status, body: { error: "no" } })),
  ),
  { maxLength: 2, selector: ({ name }) => name },
);

const worldsOf = ({ without = [] }: Kind): fc.Arbitrary<World> =>
  fc.record({
    profile: fc.uniqueArray(fc.constantFrom(...PROFILE_NAMES.filter((name) => !without.includes(name))), {
      maxLength: 2,
    }),
    seed: fc.nat(1_000_000),
    count: fc.integer({ min: 1, max: 60 }),
    latencyMs: fc.constantFrom(0, 20, 700),
    maxInputs: fc.constantFrom(1, 7, 30, 100),
    answers: answers.filter((given) => given.every(({ name }) => !without.includes(name))),
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
      shuffleRate: share,
    }),
    json: fc.constantFrom(undefined, "fence", "openFence", "think"),
  });

const texts = Array.from(
  { length: 60 },
  (_, index) => `Text ${index} ${"of some length ".repeat(index % 9 === 8 ? 150 : 3)}`,
);

const FAULTLESS: World["faults"] = {
  serverErrorRate: 0,
  htmlErrorRate: 0,
  resetRate: 0,
  cutBodyRate: 0,
  rateLimitRate: 0,
  shuffleRate: 0,
};
/** Calls for a tenth of the inputs, which are never answered. */
const NEVER: ScriptedAnswer = { name: "never", inputs: 0.1, delayMs: HOUR_MS };

/** Worlds that went wrong once, by the kind. */
const FOUND: Readonly<Record<string, readonly World[]>> = {
  // Parts of a request that failed by chance waited for a bad one, which alone was sent, as in an outage.
  "OpenAI embeddings": [
    {
      profile: ["llamacpp"],
      seed: 3,
      count: 48,
      latencyMs: 0,
      maxInputs: 7,
      answers: [],
      limits: { requestsPerSecond: 1 },
      faults: { ...FAULTLESS, htmlErrorRate: 0.02, resetRate: 0.02, cutBodyRate: 0.05, rateLimitRate: 0.02 },
      json: undefined,
    },
  ],
  // After a quarter of an hour of calls that took too long, the first refusal by a limit ended the run.
  "Cohere embeddings": [
    {
      profile: [],
      seed: 3,
      count: 33,
      latencyMs: 20,
      maxInputs: 100,
      answers: [{ name: "forbidden", marker: "Text 6 ", status: 403, body: PAGE }, NEVER],
      limits: { requestsPerSecond: 1 },
      faults: { ...FAULTLESS, resetRate: 0.05, rateLimitRate: 0.05 },
      json: undefined,
    },
  ],
  // A page with 200, in an outage, was taken for an answer of the wrong form, of which few are asked for again.
  "LangChain embeddings": [
    {
      profile: [],
      seed: 0,
      count: 15,
      latencyMs: 0,
      maxInputs: 1,
      answers: [{ name: "down", during: [19_998, 91_987], status: 200, body: PAGE }],
      limits: { requestsPerMinute: 15, fixedWindows: true },
      faults: { ...FAULTLESS, serverErrorRate: 0.05 },
      json: undefined,
    },
  ],
  "LangChain chat": [
    {
      profile: [],
      seed: 38_406,
      count: 51,
      latencyMs: 0,
      maxInputs: 1,
      answers: [NEVER],
      limits: undefined,
      faults: FAULTLESS,
      json: undefined,
    },
  ],
  "Cohere rerank": [
    {
      profile: [],
      seed: 770_447,
      count: 40,
      latencyMs: 0,
      maxInputs: 1,
      answers: [NEVER],
      limits: undefined,
      faults: { ...FAULTLESS, rateLimitRate: 0.02 },
      json: undefined,
    },
  ],
  // The parts of the list that always fails asked in an outage, time and again, before those of others that waited.
  "Cohere rerank, in parts": [
    {
      profile: ["gemini"],
      seed: 976_033,
      count: 10,
      latencyMs: 700,
      maxInputs: 1,
      answers: [{ name: "poison", marker: "Text 2 ", status: 500 }],
      limits: { requestsPerSecond: 1 },
      faults: { ...FAULTLESS, cutBodyRate: 0.02 },
      json: undefined,
    },
  ],
};

test.each(Object.entries(KINDS))(
  `%s: in ${RUNS} worlds nothing is lost, doubled or wrongly right, and each run ends`,
  async (name, kind) => {
    const right = await rightOf(kind);
    let lived = 0;
    await fc.assert(
      fc.asyncProperty(worldsOf(kind), (world) => live(kind, right, world, ++lived)),
      {
        numRuns: RUNS,
        examples: (FOUND[name] ?? []).map((world) => [world]),
        includeErrorInReport: true,
        ...(SEED === undefined ? {} : { seed: SEED }),
      },
    );
    expect(lived).toBe(RUNS);
  },
  RUNS * 20_000,
);

async function live(kind: Kind, right: readonly unknown[], world: World, run: number): Promise<void> {
  const time = new SharedTime();
  const behavior: Behavior = {
    profile: world.profile.length === 0 ? undefined : world.profile,
    seed: world.seed,
    tokens: "fast",
    dimensions: DIMENSIONS,
    trackInputs: true,
    latency: { baseMs: world.latencyMs },
    limits: world.limits,
    quirks: { json: world.json },
    faults: { ...world.faults, answers: world.answers.length === 0 ? undefined : world.answers },
  };
  await using emulator = await startEmulator({ ...behavior, clock: time.server });
  const { openaiBaseURL, cohereBaseURL } = emulator;
  const server = { openaiBaseURL, cohereBaseURL, apiKey: `key-${run}`, clock: time.clock, fetch: time.fetch };
  const inputs = texts.slice(0, world.count);
  const options = {
    clock: time.clock,
    random: randomOf(world.seed),
    returnExceptions: true as const,
    request: { maxInputs: world.maxInputs },
    // Enough that chance alone fails no input.
    retry: { attempts: 15 },
  };
  const slots = await time.run(kind.run(server, inputs, options), LONGEST_MS);
  const stats = emulator.stats();

  expect(slots).toHaveLength(inputs.length);
  const answered = [...slots.entries()].filter(([, slot]) => !(slot instanceof Error));
  const { read = (output: unknown) => output, inputs: countedOf = (input: string) => [input] } = kind;
  expect(answered.map(([, slot]) => read(slot as never))).toEqual(answered.map(([index]) => right[index]));
  const countsOf = (text: string) => countedOf(text).map((each) => stats.inputs?.[hashText(each)]);
  const counts = inputs.map(countsOf);
  expect(inputs.filter((_, index) => counts[index]?.some((count) => (count?.answered ?? 0) > 1))).toEqual([]);
  expect(stats.requests).toBeLessThanOrEqual(200 + 30 * counts.flat().length);

  // Alone, without a limit and long after every outage, a bad input is refused at every try, and a good one is not.
  emulator.reset({ limits: { requestsPerMinute: 1e8, requestsPerSecond: 1e8, requestsPerDay: 1e5 }, latency: {} });
  await time.run(sleep(OUTAGES_END_MS, time.clock), HOUR_MS);
  const lost: string[] = [];
  for (const [index, slot] of slots.entries()) {
    if (!(slot instanceof Error)) continue;
    const isMalformed = counts[index]?.some((count) => (count?.malformed ?? 0) >= MALFORMED);
    if (ResultError.isInstance(slot) && isMalformed === true) continue;
    if (await passesEver(inputs[index] as string, kind, time, emulator)) lost.push(`${index}: ${slot.message}`);
  }
  expect(lost).toEqual([]);
}

/** Random numbers of a seed, evenly spread. */
function randomOf(seed: number): () => number {
  let at = seed;
  return () => (++at * 0.618_033_988_749_895) % 1;
}

async function passesEver(input: string, kind: Kind, time: SharedTime, emulator: Emulator): Promise<boolean> {
  const [path, body] = kind.request(input);
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

/** What a calm server answers to each text. */
async function rightOf({ request, right }: Kind): Promise<readonly unknown[]> {
  await using emulator = await startEmulator({ dimensions: DIMENSIONS, tokens: "fast" });
  const ask = async (text: string): Promise<unknown> => {
    const [path, body] = request(text);
    const headers = { authorization: "Bearer any" };
    const response = await fetch(emulator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return right((await response.json()) as never, text);
  };
  return await Promise.all(texts.map(ask));
}
