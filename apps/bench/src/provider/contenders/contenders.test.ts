import { type Emulator, startEmulator } from "@batchwise/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countLost, verifyOutputs } from "../judge.ts";
import { answerPlainly, embedPlainly } from "../plain.ts";
import { lognormalTexts, BAD_MARKER } from "../texts.ts";
import type { GridName } from "../workload.ts";
import type { ProviderContender, Server, Setting } from "./contender.ts";
import { contenderNamed, contenderNames, OURS } from "./index.ts";
import { requestsPerMinute, tokensIn } from "./pace.ts";

const UNLIMITED = { limits: {}, fill: 1, latency: {}, faults: {} };
const texts = lognormalTexts({ count: 60, seed: 3, meanTokens: 20 });
const contenders = await Promise.all(
  contenderNames.map(async (name) => ({ name, contender: await contenderNamed(name) })),
);
const peers = contenders.filter(({ name }) => name !== OURS);

let emulator: Emulator;
let server: Server;
beforeAll(async () => {
  emulator = await startEmulator({ tokens: "fast" });
  const limits = { requestsPerMinute: 3000, tokensPerMinute: 1_000_000 };
  server = { baseURL: emulator.openaiBaseURL, apiKey: "bench", dimensions: 8, limits };
});
afterAll(() => emulator.close());

/** Peers whose settings have this field. */
function having(field: keyof Setting, kind: "embed" | "chat") {
  const names: readonly GridName[] = kind === "embed" ? ["embed", "latency"] : ["chat", "pacedChat"];
  return peers.filter(({ contender }) =>
    names.some((name) => contender.grids?.[name]?.some((setting) => field in setting)),
  );
}

test("ours is the first, names are unique, and an unknown one is refused by name", async () => {
  expect(contenderNames[0]).toBe(OURS);
  expect(new Set(contenderNames).size).toBe(contenderNames.length);
  await expect(contenderNamed("bluebird")).rejects.toThrow(/Expected a contender .*got "bluebird"/);
});

describe.each(contenders)("$name", ({ contender }) => {
  const grids: readonly Setting[] = [
    {},
    ...(contender.grids?.embed?.slice(-1) ?? []),
    ...(contender.grids?.latency?.slice(-1) ?? []),
  ];

  test.each(grids)("L1 L2 gives each text its vector in order, with %j", async (setting) => {
    emulator.reset(UNLIMITED);
    const vectors = await contender.embed(texts, server, setting);
    expect(countLost(vectors, texts.length, new Set())).toBe(0);
    verifyOutputs(vectors, await embedPlainly(server.baseURL, texts, server.dimensions));
  });

  test("L1 L2 gives each prompt its answer in order", async () => {
    emulator.reset(UNLIMITED);
    const answers = await contender.chat(texts, server, {});
    expect(countLost(answers, texts.length, new Set())).toBe(0);
    verifyOutputs(answers, await answerPlainly(server.baseURL, texts));
  });
});

describe("P36 a refused text loses the inputs that the table says", () => {
  const some = texts.with(25, `${BAD_MARKER} ${texts[25]}`);
  const losing = (inputs: ProviderContender["refusedTextLoses"]) =>
    contenders.filter(({ contender }) => contender.refusedTextLoses === inputs);
  const failedOf = async (contender: ProviderContender): Promise<readonly number[]> => {
    emulator.reset({ ...UNLIMITED, faults: { badInput: { marker: BAD_MARKER } } });
    const outcomes = await contender.embed(some, server, { size: 20 });
    return [...outcomes.keys()].filter((index) => outcomes[index] instanceof Error);
  };

  test.each(losing("itself"))("itself alone: $name", async ({ contender }) => {
    expect(await failedOf(contender)).toEqual([25]);
  });

  test.each(losing("its request"))("its request: $name", async ({ contender }) => {
    expect(await failedOf(contender)).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index));
  });

  test.each(losing("everything"))("everything: $name", async ({ contender }) => {
    await expect(failedOf(contender)).rejects.toThrow(/invalid/i);
  });

  test("only ours and what is bisected by hand lose nothing else", () => {
    expect(losing("itself").map(({ name }) => name)).toEqual([OURS, "openai + p-map, bisecting"]);
  });
});

test.each(having("size", "embed"))("size reaches the wire: $name", async ({ contender }) => {
  emulator.reset(UNLIMITED);
  await contender.embed(texts, server, { size: 20 });
  expect(emulator.stats().requests).toBe(3);
});

test.each(having("concurrency", "chat"))("concurrency holds for prompts: $name", async ({ contender }) => {
  emulator.reset({ ...UNLIMITED, latency: { minMs: 10, maxMs: 20 } });
  await contender.chat(texts.slice(0, 20), server, { concurrency: 4 });
  expect(emulator.stats().peakInFlight).toBe(4);
});

test.each(having("concurrency", "embed"))("concurrency holds for texts: $name", async ({ contender }) => {
  emulator.reset({ ...UNLIMITED, latency: { minMs: 30, maxMs: 40 } });
  await contender.embed(texts, server, { concurrency: 2, size: 10 });
  expect(emulator.stats().requests).toBeGreaterThan(2);
  expect(emulator.stats().peakInFlight).toBe(2);
});

test.each(having("retries", "chat"))("retries reach the wire: $name", async ({ name, contender }) => {
  emulator.reset({ ...UNLIMITED, faults: { serverErrorRate: 1 } });
  const outcomes = await contender.chat(texts.slice(0, 1), server, { retries: 0 });
  expect(outcomes[0]).toBeInstanceOf(Error);
  // Around p-retry's calls the SDK has its own two retries.
  expect(emulator.stats().requests).toBe(name.startsWith("openai + p-map") ? 3 : 1);
});

test.each(having("share", "chat"))("a share paces: $name", async ({ contender }) => {
  const limits = { requestsPerMinute: 1200, tokensPerMinute: 1_000_000 };
  emulator.reset({ ...UNLIMITED, limits, fill: 0.02 });
  const answers = await contender.chat(texts.slice(0, 40), { ...server, limits }, { share: 0.9 });
  expect(countLost(answers, 40, new Set())).toBe(0);
  expect(emulator.stats().rateLimited).toBe(0);
});

describe("pace", () => {
  const limits = { requestsPerMinute: 100, tokensPerMinute: 1000 };

  test("is the rate that the tighter limit allows for requests of this size", () => {
    const paced: Server = { ...server!, limits };
    expect(requestsPerMinute(paced, ["a".repeat(20), "a".repeat(20)], 1)).toBe(100);
    expect(requestsPerMinute(paced, ["a".repeat(200)], 1)).toBe(20);
    expect(requestsPerMinute(paced, [["a".repeat(200), "b".repeat(200)]], 0.5)).toBe(5);
  });

  test("tokens are estimated at four characters each", () => {
    expect(tokensIn("abcde")).toBe(2);
    expect(tokensIn(["abcde", "abcd"])).toBe(3);
  });
});
