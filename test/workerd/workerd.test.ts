import { type Behavior, type Emulator, startEmulator } from "@batchwise/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, type Module } from "./bundle.ts";
import { ALL, Isolates } from "./isolates.ts";

/** Milliseconds after which a request counts as hanging. */
const HANGS_MS = 100_000;
const BEHAVIOR: Behavior = { dimensions: 4, tokens: "fast", latency: { minMs: 20, maxMs: 300 }, faults: {} };
const BUSY: Behavior = { ...BEHAVIOR, faults: { rateLimitRate: 0.05, serverErrorRate: 0.1 } };

const WAYS = [
  "embeddings",
  "embeddings with the request's signal",
  "embeddings built in the handler",
  "embeddings in many calls",
  "embeddings of long texts",
  "embeddings gathered",
  "chat",
  "Cohere's embeddings",
  "fetch",
];

let emulator: Emulator;
/** The same, without anything that could go wrong: for what is right. */
let calm: Emulator;
let modules: readonly Module[];

beforeAll(async () => {
  emulator = await startEmulator(BEHAVIOR);
  calm = await startEmulator({ ...BEHAVIOR, latency: {} });
  modules = await bundle({ EMULATOR: emulator.url });
}, 60_000);
afterAll(() => Promise.all([emulator.close(), calm.close()]));

describe.for([
  [3, "calm", BEHAVIOR],
  [30, "busy", BUSY],
] as const)("%i requests at once on a cold isolate, of a %s server", ([count, , behavior]) => {
  test.for(WAYS)("%s", { timeout: 2 * HANGS_MS }, async (way) => {
    emulator.reset(behavior);
    await using isolates = await Isolates.start(modules);
    expect(await answers(isolates, ALL, way, count)).toEqual(await rightAnswers(ALL, way, count));
  });
});

test("a request waits for a limit that another has used up, by a timer of its own", { timeout: 200_000 }, async () => {
  emulator.reset(BEHAVIOR);
  await using isolates = await Isolates.start(modules);
  // Each is expected to take more than there is in a minute: the second waits for one that is long over.
  const way = "embeddings within tokens a minute";
  expect(await answers(isolates, ALL, way, 2)).toEqual(await rightAnswers(ALL, way, 2));
});

// better-auth/better-auth#10315: what waits for a request that its client has broken off waits forever.
test.for(["embeddings", "embeddings in many calls", "embeddings gathered", "chat", "fetch"])(
  "requests that are broken off hold back no other: %s",
  { timeout: 2 * HANGS_MS },
  async (way) => {
    emulator.reset({ ...BUSY, latency: { minMs: 500, maxMs: 1000 } });
    await using isolates = await Isolates.start(modules);
    const breaks = ALL.flatMap((world) =>
      range(8).map((index) => isolates.ask(world, bodyOf(way, index), AbortSignal.timeout(100 + 100 * index))),
    );
    const ends = await Promise.allSettled(breaks);
    expect(ends.map(({ status }) => status)).toContain("rejected");
    expect(await answers(isolates, ALL, way, 8)).toEqual(await rightAnswers(ALL, way, 8));
  },
);

test("calls of one request are gathered into one batch, those of two are not", { timeout: HANGS_MS }, async () => {
  emulator.reset(BEHAVIOR);
  await using isolates = await Isolates.start(modules);
  await answers(isolates, ALL, "embeddings gathered", 5);
  expect(emulator.stats().requests).toBe(5 * ALL.length);
});

test("P42 a provider that is away for a while is waited for by each request", { timeout: 2 * HANGS_MS }, async () => {
  await using isolates = await Isolates.start(modules);
  emulator.reset({ ...BEHAVIOR, faults: { answers: [{ name: "down", during: [0, 5000], status: 503 }] } });
  const way = "embeddings in many calls";
  expect(await answers(isolates, ALL, way, 10)).toEqual(await rightAnswers(ALL, way, 10));
});

test("a cache saves what it has sent, and waits for no other request that sends the same", async () => {
  emulator.reset({ ...BEHAVIOR, latency: { minMs: 1000, maxMs: 1000 } });
  // It needs more of Node's modules than older dates have.
  const world = "current with nodejs_compat";
  await using isolates = await Isolates.start(modules, [world]);
  const body = bodyOf("embeddings from a cache", 0);
  const ask = (ms: number): Promise<unknown> => isolates.ask(world, body, AbortSignal.timeout(ms));
  const [gone, ...others] = await Promise.allSettled([ask(500), ...range(3).map(() => ask(HANGS_MS))]);
  const { requests } = emulator.stats();
  expect(gone?.status).toBe("rejected");
  const value = await rightAnswer("embeddings from a cache", 0);
  expect([...others, { status: "fulfilled", value: await ask(HANGS_MS) }]).toEqual(
    range(4).map(() => ({ status: "fulfilled", value })),
  );
  expect(emulator.stats().requests).toBe(requests);
});

/** Answers to so many requests at once, by world. */
type Answers = Readonly<Record<string, readonly unknown[]>>;

function answers(isolates: Isolates, worlds: readonly string[], way: string, count: number): Promise<Answers> {
  return inEach(worlds, count, (world, index) =>
    isolates.ask(world, bodyOf(way, index), AbortSignal.timeout(HANGS_MS)).catch((error: unknown) => String(error)),
  );
}

function rightAnswers(worlds: readonly string[], way: string, count: number): Promise<Answers> {
  return inEach(worlds, count, (_world, index) => rightAnswer(way, index));
}

async function inEach(
  worlds: readonly string[],
  count: number,
  answer: (world: string, index: number) => Promise<unknown>,
): Promise<Answers> {
  const visits = worlds.map(async (world) => [
    world,
    await Promise.all(range(count).map((index) => answer(world, index))),
  ]);
  return Object.fromEntries(await Promise.all(visits)) as Answers;
}

/** Texts of one request, which differ from every other's. */
function bodyOf(way: string, index: number): { readonly way: string; readonly texts: readonly string[] } {
  // More bytes than a text may have tokens: they have to be counted, and the tokenizer is loaded for that.
  const rest = way.endsWith("long texts") ? " word".repeat(2000) : "";
  // One call for each text takes long where refusals slow all calls down.
  const count = way === "chat" || way === "fetch" ? 2 : 7;
  return { way, texts: range(count).map((text) => `Text ${text} of request ${index}.${rest}`) };
}

async function rightAnswer(way: string, index: number): Promise<unknown> {
  const { texts } = bodyOf(way, index);
  if (way === "chat") return texts.map((text) => `Echo: ${text}`);
  if (way === "fetch") return texts;
  const response = await fetch(`${calm.openaiBaseURL}/embeddings`, {
    method: "POST",
    headers: { authorization: "Bearer any" },
    body: JSON.stringify({ model: "m", input: texts }),
  });
  const { data } = (await response.json()) as { readonly data: readonly { readonly embedding: readonly number[] }[] };
  return data.map(({ embedding }) => Array.from(Float32Array.from(embedding)));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
