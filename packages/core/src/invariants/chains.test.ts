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
});

it("L1 L2 L6 L8 L11 every input goes its own way through any chain, once", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(chains, async (drawn) => {
      const clock = new FakeClock();
      const calls = new Map<string, number>();
      const flight = { now: 0, most: 0 };
      const chain = drawn.steps
        .map((alternatives, step) => {
          const [first, ...spare] = alternatives.map((piped, at) =>
            piped
              .map((stage, place) => runnableOf(stage, nameOf(step, at, place), { clock, calls, flight }))
              .reduce((before, next) => before.pipe(next)),
          );
          return spare.length === 0 ? first! : withFallbacks(first!, spare);
        })
        .reduce((before, next) => before.pipe(next));
      const source = new Source(drawn, clock);
      const outcomes = await clock.run(read(chain, source.inputs(), drawn, clock));
      expect(faultsIn(outcomes, drawn, calls, flight.most)).toEqual([]);
    }),
    { numRuns: RUNS, includeErrorInReport: true, ...(SEED === undefined ? {} : { seed: SEED }) },
  );
});

function faultsIn(
  outcomes: readonly Completed<string, string>[],
  { steps, inputs, reading, maxConcurrency = Infinity }: Drawn,
  calls: ReadonlyMap<string, number>,
  mostInFlight: number,
): string[] {
  const expected = Array.from({ length: inputs }, (_, index) => expectedOf(`${index}`, index, steps));
  const isWhole = reading !== "fail fast" || expected.every(({ status }) => status === "fulfilled");
  const indexes = outcomes.map(({ index }) => index);
  const rejected = outcomes.filter(({ status }) => status === "rejected").length;
  // A request that fails whole is hunted through; else no input is sent to a stage twice.
  const isCalm = steps.flat(2).every(({ throws, hook }) => !throws || hook === "invoke");
  const faults: readonly (readonly [string, boolean])[] = [
    ["another outcome than expected", outcomes.some((outcome) => !isDeepStrictEqual(outcome, expected[outcome.index]))],
    ["an index twice", new Set(indexes).size < indexes.length],
    ["outcomes are missing", isWhole && indexes.length < inputs],
    ["not ended by the first failure", !isWhole && rejected !== 1],
    ["out of order", reading !== "as completed" && indexes.some((index, at) => index < (indexes[at - 1] ?? 0))],
    ["sent twice", isCalm && Math.max(0, ...calls.values()) > 1],
    ["more in flight than maxConcurrency", mostInFlight > maxConcurrency],
  ];
  return faults.filter(([, holds]) => holds).map(([fault]) => fault);
}

interface World {
  readonly clock: FakeClock;
  /** How often each stage was sent each input. */
  readonly calls: Map<string, number>;
  /** Calls in flight that are no look-ups. */
  readonly flight: { now: number; most: number };
}

function runnableOf(stage: Stage, name: string, { clock, calls, flight }: World): Runnable<string, string> {
  const many = async (inputs: readonly string[]): Promise<(string | Error)[]> => {
    for (const input of inputs) calls.set(`${name} ${input}`, (calls.get(`${name} ${input}`) ?? 0) + 1);
    if (!stage.lookUp) flight.most = Math.max(flight.most, ++flight.now);
    await sleep(stage.latencyMs, clock);
    if (!stage.lookUp) flight.now--;
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

class Source {
  readonly #drawn: Drawn;
  readonly #clock: FakeClock;

  constructor(drawn: Drawn, clock: FakeClock) {
    this.#drawn = drawn;
    this.#clock = clock;
  }

  inputs(): Iterable<string> | AsyncIterable<string> {
    const all = Array.from({ length: this.#drawn.inputs }, (_, index) => `${index}`);
    if (this.#drawn.source === "array") return all;
    return this.#drawn.source === "iterable" ? all.values() : this.#slowly(all);
  }

  async *#slowly(all: readonly string[]): AsyncGenerator<string> {
    for (const [index, input] of all.entries()) {
      if (index % 5 === 4) await sleep(7, this.#clock);
      yield input;
    }
  }
}

async function read(
  chain: Runnable<string, string>,
  inputs: Iterable<string> | AsyncIterable<string>,
  { reading, maxConcurrency }: Drawn,
  clock: FakeClock,
): Promise<Completed<string, string>[]> {
  const options = { clock, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) };
  if (reading === "batch") {
    const slots = await chain.batch(inputs, { ...options, returnExceptions: true });
    return slots.map((slot, index) =>
      slot instanceof Error
        ? { index, input: `${index}`, status: "rejected", reason: slot }
        : { index, input: `${index}`, status: "fulfilled", value: slot },
    );
  }
  if (reading === "fail fast") {
    let report: FinishReport<string, string> | undefined;
    await chain.batch(inputs, { ...options, onFinish: (last) => (report = last) }).catch(() => undefined);
    return [...report!.outcomes];
  }
  const outcomes: Completed<string, string>[] = [];
  const stream = reading === "in order" ? chain.batchInOrder(inputs, options) : chain.batchAsCompleted(inputs, options);
  for await (const outcome of stream) outcomes.push(outcome);
  return outcomes;
}
