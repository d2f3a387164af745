import { isDeepStrictEqual } from "node:util";
import {
  bulkRunnable,
  type Completed,
  type FinishReport,
  InputError,
  runnable,
  type Runnable,
  type RunnableSettings,
  sleep,
  withFallbacks,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";

/** Pipes of steps with fallbacks, drawn at random: each input's way through them is known beforehand. */
const RUNS = Math.max(2000, Number(process.env["BATCHWISE_RUNS"] ?? 0) / 5);
const SEED = process.env["BATCHWISE_SEED"] === "random" ? undefined : Number(process.env["BATCHWISE_SEED"] ?? 1);

/** One Runnable of a chain. */
interface Stage {
  readonly hook: "invoke" | "invokeMany";
  readonly maxInputs: number;
  readonly maxConcurrency: number;
  readonly lookUp: boolean;
  /** Of ten inputs, how many fail here. */
  readonly failing: number;
  /** Whether one that fails takes its whole request along. */
  readonly throws: boolean;
  readonly latencyMs: number;
}

/** One alternative of a step: a Runnable, or some that are piped into one. */
type Alternative = readonly Stage[];

interface Drawn {
  readonly steps: readonly (readonly Alternative[])[];
  readonly inputs: number;
  readonly source: "array" | "iterable" | "slow";
  readonly reading: "batch" | "fail fast" | "in order" | "as completed";
  readonly maxConcurrency: number | undefined;
  /** Milliseconds after which the caller aborts. */
  readonly abortAt: number | undefined;
}

const stages: fc.Arbitrary<Stage> = fc.record({
  hook: fc.constantFrom("invoke", "invokeMany"),
  maxInputs: fc.constantFrom(1, 2, 3, 7, 50),
  maxConcurrency: fc.constantFrom(1, 2, 5),
  lookUp: fc.boolean(),
  failing: fc.constantFrom(0, 1, 5, 10),
  throws: fc.boolean(),
  latencyMs: fc.constantFrom(0, 1, 20),
});

const alternatives: fc.Arbitrary<Alternative> = fc.oneof(
  { arbitrary: fc.array(stages, { minLength: 1, maxLength: 1 }), weight: 5 },
  { arbitrary: fc.array(stages, { minLength: 2, maxLength: 3 }), weight: 1 },
);

const chains: fc.Arbitrary<Drawn> = fc.record({
  steps: fc.array(fc.array(alternatives, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  inputs: fc.integer({ min: 0, max: 40 }),
  source: fc.constantFrom("array", "iterable", "slow"),
  reading: fc.constantFrom("batch", "fail fast", "in order", "as completed"),
  maxConcurrency: fc.constantFrom(undefined, 1, 3),
  abortAt: fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: fc.nat(120), weight: 1 }),
});

it(
  "L1 L2 L6 L7 L8 L11 L12 every input goes its own way through any chain, once",
  { timeout: 120_000 + 30 * RUNS },
  async () => {
    await fc.assert(
      fc.asyncProperty(chains, async (drawn) => {
        const world = new World();
        const { clock, wish } = world;
        const chain = drawn.steps
          .map((alternatives, step) => {
            const [first, ...spare] = alternatives.map((piped, at) =>
              piped
                .map((stage, place) => runnableOf(stage, nameOf(step, at, place), world))
                .reduce((before, next) => before.pipe(next)),
            );
            return spare.length === 0 ? first! : withFallbacks(first!, spare);
          })
          .reduce((before, next) => before.pipe(next));
        if (drawn.abortAt !== undefined) clock.after(drawn.abortAt, () => wish.abort(ENOUGH));
        const outcomes = await clock.run(read(chain, sourceOf(drawn, clock), drawn, world));
        world.endedAt = clock.now();
        world.isCut = wish.signal.aborted;
        // What is still in flight comes back, and nothing may follow from it.
        await clock.advance(50);
        expect(faultsIn(outcomes, drawn, world)).toEqual([]);
      }),
      { numRuns: RUNS, includeErrorInReport: true, ...(SEED === undefined ? {} : { seed: SEED }) },
    );
  },
);

const ENOUGH = new Error("Enough.");

/** What happens around one chain. */
class World {
  readonly clock = new FakeClock();
  readonly wish = new AbortController();
  /** How often each stage was sent each input. */
  readonly calls = new Map<string, number>();
  /** Calls in flight that are no look-ups, now and at most. */
  inFlight = 0;
  most = 0;
  /** When the batch was over, and whether the caller ended it. */
  endedAt: number | undefined;
  isCut = false;
  lateCalls = 0;

  begin(name: string, inputs: readonly string[]): void {
    if (this.endedAt !== undefined) this.lateCalls++;
    for (const input of inputs) this.calls.set(`${name} ${input}`, (this.calls.get(`${name} ${input}`) ?? 0) + 1);
  }
}

function faultsIn(
  outcomes: readonly Completed<string, string>[],
  { steps, inputs, reading, abortAt, maxConcurrency = Infinity }: Drawn,
  { calls, most, isCut, endedAt, lateCalls }: World,
): string[] {
  const expected = Array.from({ length: inputs }, (_, index) => expectedOf(`${index}`, index, steps));
  const failsFast = reading === "fail fast" && expected.some(({ status }) => status === "rejected");
  const indexes = outcomes.map(({ index }) => index);
  const rejected = outcomes.filter(({ status }) => status === "rejected").length;
  // A request that fails whole is bisected; else no input is sent to a stage twice.
  const isCalm = steps.flat(2).every(({ throws, hook }) => !throws || hook === "invoke");
  const faults: readonly (readonly [string, boolean])[] = [
    ["another outcome than expected", outcomes.some((outcome) => !isDeepStrictEqual(outcome, expected[outcome.index]))],
    ["an index twice", new Set(indexes).size < indexes.length],
    ["outcomes are missing", !failsFast && !isCut && indexes.length < inputs],
    ["not ended by the first failure", failsFast && !isCut && rejected !== 1],
    ["not ended at once", isCut && endedAt !== abortAt],
    ["calls after the end", lateCalls > 0],
    ["out of order", reading !== "as completed" && indexes.some((index, at) => index < (indexes[at - 1] ?? 0))],
    ["sent twice", isCalm && Math.max(0, ...calls.values()) > 1],
    ["more in flight than maxConcurrency", most > maxConcurrency],
  ];
  return faults.filter(([, holds]) => holds).map(([fault]) => fault);
}

function runnableOf(stage: Stage, name: string, world: World): Runnable<string, string> {
  const many = async (inputs: readonly string[]): Promise<(string | Error)[]> => {
    world.begin(name, inputs);
    if (!stage.lookUp) world.most = Math.max(world.most, ++world.inFlight);
    await sleep(stage.latencyMs, world.clock);
    if (!stage.lookUp) world.inFlight--;
    if (stage.throws && inputs.some((input) => isFailing(stage, name, input))) throw refusal(name);
    return inputs.map((input) => (isFailing(stage, name, input) ? refusal(name) : `${input}>${name}`));
  };
  const { maxConcurrency, maxInputs, lookUp } = stage;
  const settings: RunnableSettings<string, string> = { maxConcurrency, lookUp };
  if (stage.hook === "invokeMany") return bulkRunnable(many, { ...settings, request: { maxInputs } });
  return runnable(async (input: string) => {
    const [slot] = await many([input]);
    if (slot instanceof Error) throw slot;
    return slot!;
  }, settings);
}

/** By the input alone, whenever it comes. */
function isFailing({ failing }: Stage, name: string, input: string): boolean {
  let hash = 0;
  for (const character of `${name} ${input}`) hash = (Math.imul(hash, 31) + character.codePointAt(0)!) >>> 0;
  return (hash >>> 8) % 10 < failing;
}

function refusal(name: string): InputError {
  return new InputError(`Refused by ${name}.`);
}

function expectedOf(input: string, index: number, steps: Drawn["steps"]): Completed<string, string> {
  let value = input;
  for (const [step, alternatives] of steps.entries()) {
    const results = alternatives.map((piped, at) => resultOf(value, piped, step, at));
    const result = results.find((each) => typeof each === "string") ?? results.at(-1)!;
    if (typeof result !== "string") return { index, input, status: "rejected", reason: result };
    value = result;
  }
  return { index, input, status: "fulfilled", value };
}

function resultOf(input: string, piped: Alternative, step: number, at: number): string | InputError {
  let value = input;
  for (const [place, stage] of piped.entries()) {
    const name = nameOf(step, at, place);
    if (isFailing(stage, name, value)) return refusal(name);
    value = `${value}>${name}`;
  }
  return value;
}

function nameOf(step: number, at: number, place: number): string {
  return `${step}${at}${place}`;
}

function sourceOf({ inputs, source }: Drawn, clock: FakeClock): Iterable<string> | AsyncIterable<string> {
  const all = Array.from({ length: inputs }, (_, index) => `${index}`);
  if (source === "array") return all;
  return source === "iterable" ? all.values() : slowly(all, clock);
}

async function* slowly(all: readonly string[], clock: FakeClock): AsyncGenerator<string> {
  for (const [index, input] of all.entries()) {
    if (index % 5 === 4) await sleep(7, clock);
    yield input;
  }
}

/** The outcomes that there are in the end, whatever the end was. */
async function read(
  chain: Runnable<string, string>,
  inputs: Iterable<string> | AsyncIterable<string>,
  { reading, maxConcurrency }: Drawn,
  { clock, wish: { signal } }: World,
): Promise<Completed<string, string>[]> {
  const options = { clock, signal, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) };
  if (reading === "batch" || reading === "fail fast") {
    let report: FinishReport<string, string> | undefined;
    const onFinish = (last: FinishReport<string, string>): void => void (report = last);
    const returnExceptions = reading === "batch";
    await chain.batch(inputs, { ...options, returnExceptions, onFinish }).catch(() => undefined);
    return [...report!.outcomes];
  }
  const outcomes: Completed<string, string>[] = [];
  try {
    const way = reading === "in order" ? "batchInOrder" : "batchAsCompleted";
    for await (const outcome of chain[way](inputs, options)) outcomes.push(outcome);
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return outcomes;
}
