import { bulkRunnable, type CallOptions, ProviderError, rateLimiter, ResultError, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sleep } from "../../src/contract/clock.ts";
import { range } from "../regressions/held-backend.ts";
import { fixedWindow, type Gate, leakyBucket } from "./servers.ts";

/** Ways of a server that nobody here wrote, each with a chance of its own. */
interface World {
  readonly count: number;
  readonly isLazy: boolean;
  readonly maxInputs: number;
  readonly concurrency: number;
  readonly latencyMs: number;
  /** Times of silence, in seconds. */
  readonly outages: readonly { readonly from: number; readonly seconds: number }[];
  /** Share of calls that fail with a 503, and of answers that are malformed. */
  readonly flaky: number;
  readonly malformed: number;
  /** Share of inputs that make every request a 500, and that are refused. */
  readonly poison: number;
  readonly refused: number;
  /** Most inputs of a request, above which it is a 500. */
  readonly most: number;
  readonly gate: "none" | "window" | "bucket" | "second";
  readonly perMinute: number;
  /** Wait that a refusal names, in milliseconds. */
  readonly asks: number | undefined;
  readonly seed: number;
}

const worlds: fc.Arbitrary<World> = fc.record({
  count: fc.integer({ min: 20, max: 400 }),
  isLazy: fc.boolean(),
  maxInputs: fc.constantFrom(1, 1, 16, 100),
  concurrency: fc.integer({ min: 1, max: 8 }),
  latencyMs: fc.integer({ min: 5, max: 800 }),
  // From the start, no longer than is waited where nothing ever got through; or later.
  outages: fc.oneof(
    fc.tuple(outage(0, 30)),
    fc.array(
      fc.integer({ min: 3, max: 60 }).chain((from) => outage(from, 100)),
      { maxLength: 2 },
    ),
  ),
  flaky: fc.constantFrom(0, 0, 0.01, 0.05),
  malformed: fc.constantFrom(0, 0, 0.02, 0.1),
  poison: fc.constantFrom(0, 0, 0.005, 0.02),
  refused: fc.constantFrom(0, 0, 0.01, 0.1),
  most: fc.constantFrom(Infinity, Infinity, 5, 40),
  gate: fc.constantFrom("none", "none", "window", "bucket", "second"),
  perMinute: fc.constantFrom(30, 60, 600),
  asks: fc.constantFrom(undefined, 0, 1000, 20_000),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

function outage(from: number, most: number): fc.Arbitrary<World["outages"][number]> {
  return fc.record({ from: fc.constant(from), seconds: fc.integer({ min: 1, max: most }) });
}

/** Random numbers from 0 to 1, the same ones for a seed. */
function dice(seed: number): () => number {
  let state = seed;
  // Mulberry32: consecutive numbers must not resemble each other.
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Ran {
  readonly slots: readonly unknown[];
  readonly seconds: number;
  readonly calls: number;
  readonly bad: ReadonlySet<number>;
  /** Times that each input was answered. */
  readonly answered: ReadonlyMap<number, number>;
}

async function perform(world: World): Promise<Ran> {
  const clock = new FakeClock();
  const roll = dice(world.seed);
  const poison = new Set(range(world.count).filter(() => roll() < world.poison));
  const refused = new Set(range(world.count).filter(() => roll() < world.refused));
  const answered = new Map<number, number>();
  // Two further tries are made for a malformed answer, so no input has three of them.
  const malformed = new Map<number, number>();
  const gate = gateOf(world);
  let calls = 0;
  const answer = async (inputs: readonly number[], { signal }: CallOptions): Promise<number[]> => {
    calls++;
    const now = clock.now() / 1000;
    const isDown = world.outages.some(({ from, seconds }) => now >= from && now < from + seconds);
    const isLet = isDown || gate(clock.now());
    const [isFlaky, isMalformed] = [roll() < world.flaky, roll() < world.malformed];
    await sleep(isDown ? 2 : world.latencyMs * (0.5 + roll()), clock, signal);
    if (isDown) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    if (!isLet) {
      const wait = world.asks === undefined ? {} : { retryAfterMs: world.asks };
      throw new ProviderError("Too many.", { code: "rate_limited", status: 429, retryable: true, ...wait });
    }
    if (isFlaky) throw new ProviderError("Unavailable.", { status: 503, retryable: true });
    if (inputs.length > world.most || inputs.some((each) => poison.has(each)))
      throw new ProviderError("Internal error.", { status: 500, retryable: true });
    if (inputs.some((each) => refused.has(each)))
      throw new ProviderError("Refused.", { code: "invalid_input", status: 403, retryable: false });
    if (isMalformed && inputs.every((each) => (malformed.get(each) ?? 0) < 2)) {
      for (const each of inputs) malformed.set(each, (malformed.get(each) ?? 0) + 1);
      throw new ResultError("Expected an embedding for each input, got none.");
    }
    for (const each of inputs) answered.set(each, (answered.get(each) ?? 0) + 1);
    return [...inputs];
  };
  const limiter = rateLimiter({ concurrency: world.concurrency, clock });
  const common = { maxConcurrency: world.concurrency, retry: { attempts: 6 }, limiter };
  const subject =
    world.maxInputs === 1
      ? runnable(async (input: number, options) => (await answer([input], options))[0] as number, common)
      : bulkRunnable(answer, { request: { maxInputs: world.maxInputs }, ...common });
  const inputs = world.isLazy ? range(world.count).values() : range(world.count);
  const slots = await clock.run(subject.batch(inputs, { clock, returnExceptions: true, random: roll }));
  return { slots, seconds: clock.now() / 1000, calls, bad: new Set([...poison, ...refused]), answered };
}

function gateOf({ gate, perMinute }: World): Gate {
  if (gate === "none") return () => true;
  if (gate === "second") return perMinute === 60 ? fixedWindow(1, 1000) : leakyBucket(1, 1);
  return gate === "window" ? fixedWindow(perMinute, 60_000) : leakyBucket(Math.max(1, perMinute / 10), perMinute / 60);
}

function faultsOf(world: World, { slots, seconds, calls, bad, answered }: Ran): string[] {
  // Where nothing ever gets through, a run ends after its two minutes.
  // Waits that a server asks for are no part of them.
  const asked = (world.asks ?? 0) / 20;
  if (world.outages.length > 0 && answered.size === 0)
    return seconds < 200 + asked ? [] : [`took ${seconds} s for nothing`];
  const lost = slots.flatMap((slot, index) => (slot instanceof Error && !bad.has(index) ? [index] : []));
  const wrong = slots.flatMap((slot, index) => (slot instanceof Error || slot === index ? [] : [index]));
  const passed = slots.flatMap((slot, index) => (!(slot instanceof Error) && bad.has(index) ? [index] : []));
  const twice = [...answered].filter(([, times]) => times > 1).map(([index]) => index);
  const requests = Math.ceil(world.count / Math.min(world.maxInputs, world.most));
  const silent = world.outages.reduce((total, { from, seconds: length }) => Math.max(total, from + length), 0);
  const paced = world.gate === "none" ? 0 : (calls / world.perMinute) * 60;
  const mostCalls = requests * 4 + bad.size * 40 + 150;
  const mostSeconds = 2.5 * silent + 5 * paced + 300 + bad.size * 60 + asked + (mostCalls * world.latencyMs) / 1000;
  return [
    ...(lost.length > 0 ? [`lost ${lost.length}: ${lost.slice(0, 5).join()}: ${String(slots[lost[0] ?? 0])}`] : []),
    ...(wrong.length > 0 ? [`wrong ${wrong.join()}`] : []),
    ...(passed.length > 0 ? [`bad inputs passed: ${passed.join()}`] : []),
    ...(twice.length > 0 ? [`paid twice: ${twice.slice(0, 5).join()}`] : []),
    ...(seconds > mostSeconds ? [`took ${seconds} s, ${mostSeconds} are enough`] : []),
    ...(calls > mostCalls ? [`took ${calls} calls, ${mostCalls} are enough`] : []),
  ];
}

const runs = Math.max(200, Number(process.env["BATCHWISE_RUNS"] ?? 0));
const seed = process.env["BATCHWISE_SEED"] === "random" ? {} : { seed: Number(process.env["BATCHWISE_SEED"] ?? 1) };

it(
  "P41 P42 P43 P44 P47 P48 whatever a server does, nothing is lost, doubled or wrongly right",
  { timeout: 60_000 + runs * 60 },
  async () => {
    let performed = 0;
    const property = fc.asyncProperty(worlds, async (world) => {
      performed++;
      const faults = faultsOf(world, await perform(world));
      expect(faults).toEqual([]);
    });
    await fc.assert(property, { numRuns: runs, ...seed });
    expect(performed).toBeGreaterThanOrEqual(runs);
  },
);
