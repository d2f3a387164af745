import { FakeClock, Gauge } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { CollectingSink, engineParts } from "../../../test/engine-parts.ts";
import { range, turn } from "../../../test/regressions/held-backend.ts";
import { runnable } from "../../compose/functions.ts";
import { CALL_SLOT } from "../../contract/marks.ts";
import type { CallOptions } from "../../contract/call.ts";
import type { BatchOptions, Chain, RunnableSettings, RunnableShape } from "../../contract/runnable.ts";
import { Runnable, RunnableChain } from "../../runnable.ts";
import { Semaphore } from "../admission/semaphore.ts";
import { BatchRun, type Stage } from "../batch-run.ts";
import { openSource } from "../intake/open-source.ts";
import { chainOf, chainStages } from "./chain-stages.ts";

type Shape = RunnableShape<any, any>;
const chain = (route: Chain["route"], runnables: readonly Shape[]): Chain => ({
  stages: runnables.map((runnable) => ({ runnable, middleware: [] })),
  route,
});
const pipe = (...runnables: readonly Shape[]): Chain => chain("fulfilled", runnables);
const fallbacks = (...runnables: readonly Shape[]): Chain => chain("rejected", runnables);
const chainRunnable = ({ stages, route }: Chain): Shape => new RunnableChain(stages, route);

interface Ran {
  readonly stages: readonly Stage[];
  readonly sink: CollectingSink<unknown, unknown>;
}

/** Appends its name; refuses inputs that hold one of these letters. */
const append = (name: string, refused: string = "!", settings: RunnableSettings = {}): Shape =>
  runnable(async (input: string) => {
    if (refused.split("").some((letter) => input.includes(letter))) throw new Error(`no ${name}`);
    return input + name;
  }, settings);

/** Runs a chain over these inputs to its end. */
async function run(chain: Chain, inputs: readonly string[], given: BatchOptions = {}): Promise<Ran> {
  const clock = new FakeClock();
  const sink = new CollectingSink<unknown, unknown>();
  const source = openSource<unknown>(inputs);
  const ends: unknown[] = [];
  const onEnd = (): unknown => ends.push("ended");
  const options = { clock, ...given };
  const info = { method: "batch", size: inputs.length, price: undefined, parent: undefined, options: {} } as const;
  const output = { method: "batch", sink, failFast: false, onEnd, outcomes: () => [] } as const;
  const batch = new BatchRun(options, info, clock, source, output);
  const stages = chainStages(chain, options, source, batch, undefined);
  batch.start(stages);
  while (ends.length === 0) await clock.advance(1000);
  return { stages, sink };
}

/** Outcomes in input order: value, or the message of the error. */
const results = ({ slots }: CollectingSink<unknown, unknown>): unknown[] =>
  slots.map((result) => (result instanceof Error ? result.message : result));

it("P1 a pipe hands on what came through; what failed never reaches the next step", async () => {
  const seen: unknown[] = [];
  const last = runnable(async (input: string) => seen.push(input) && `${input}!`);
  const { sink } = await run(pipe(append("1", "b"), append("2", "c"), last), ["a", "b", "c", "d"]);
  expect(results(sink)).toEqual(["a12!", "no 1", "no 2", "d12!"]);
  expect(seen).toEqual(["a12", "d12"]);
  expect(sink.outcomes.every(([index, input]) => input === "abcd"[index])).toBe(true);
});

it("P4 a fallback runs for the inputs that failed alone, and fails in its own words", async () => {
  const { sink } = await run(fallbacks(append("1", "bc"), append("2", "c"), append("3", "c")), ["a", "b", "c"]);
  expect(results(sink)).toEqual(["a1", "b2", "no 3"]);
});

it("P4 fallbacks as a step of a pipe: each alternative feeds the next step", async () => {
  const step = chainRunnable(
    fallbacks(append("1", "bc"), chainRunnable(fallbacks(append("2", "c"), append("3", "d")))),
  );
  const { stages, sink } = await run(pipe(append("0"), step, append("4")), ["a", "b", "c", "cd"]);
  expect(results(sink)).toEqual(["a014", "b024", "c034", "no 3"]);
  expect(stages).toHaveLength(5);
});

it("a pipe as an alternative is one stage: it fails as a whole", async () => {
  const first = chainRunnable(pipe(append("1"), append("2", "b")));
  const { stages, sink } = await run(fallbacks(first, append("3")), ["a", "b"]);
  expect(results(sink)).toEqual(["a12", "b3"]);
  expect(stages).toHaveLength(2);
});

it("L3 a chain without inputs ends without a call", async () => {
  const { sink } = await run(pipe(append("1"), append("2")), []);
  expect(sink.outcomes).toEqual([]);
});

/** Stage that counts its calls in flight in a gauge. */
const gauged = (gauge: Gauge, settings: RunnableSettings = {}): Shape =>
  runnable(async (input: string) => {
    const leave = gauge.enter();
    await turn();
    leave();
    return input;
  }, settings);

it("L8 P14 a stated cap holds for all stages together; without one each keeps its own", async () => {
  const inputs = range(12).map(String);
  for (const [options, expected] of [
    [{ maxConcurrency: 2 }, 2],
    [{}, 4],
  ] as const) {
    const gauge = new Gauge();
    await run(pipe(gauged(gauge, { maxConcurrency: 3 }), gauged(gauge)), inputs, options);
    expect(gauge.peak).toBe(expected);
  }
});

it("a stage that only looks up takes none of the permits, limits and retries of the others", async () => {
  const [all, called] = [new Gauge(), new Gauge()];
  const tries: string[] = [];
  const stage = (name: string, refused: string, gauges: readonly Gauge[], settings: RunnableSettings): Shape =>
    runnable(async (input: string) => {
      const leaves = gauges.map((gauge) => gauge.enter());
      await turn();
      for (const leave of leaves) leave();
      tries.push(name + input);
      if (input === refused) throw new Error("no");
      return input;
    }, settings);
  const chain = pipe(stage("look", "0", [all], { lookUp: true }), stage("call", "1", [all, called], {}));
  let drawn = 0;
  const { sink } = await run(chain, range(4).map(String), {
    maxConcurrency: 1,
    retry: { attempts: 3 },
    random: () => drawn++,
  });
  expect([all.peak, called.peak, drawn]).toEqual([2, 1, 2]);
  expect(["look0", "call1"].map((call) => tries.filter((each) => each === call).length)).toEqual([1, 3]);
  expect(sink.rejected).toEqual([0, 1]);
});

it("each stage is handed its own call options, and no other", async () => {
  const seen: string[] = [];
  const see = (settings: RunnableSettings): Shape =>
    runnable(async (input: string, options: CallOptions) => {
      seen.push(Object.keys(options).join(" "));
      return input;
    }, settings);
  const options = { dimensions: 9, user: "u" } as BatchOptions;
  await run(
    pipe(see({ callOptions: ["dimensions"] }), see({ callOptions: ["user", "dimensions"] }), see({})),
    ["a"],
    options,
  );
  expect(seen).toEqual(["dimensions signal report", "dimensions user signal report", "signal report"]);
});

it("equal inputs are those of the first stage; a schema is for the outputs of the last step", async () => {
  const calls: string[] = [];
  const log = (name: string, output: string, refused: string = "!"): Shape =>
    runnable(async (input: string) => {
      calls.push(name + input);
      if (input === refused) throw new Error("no");
      return output;
    });
  const validate = (value: unknown): object => ({ value: `<${String(value)}>` });
  const schema = { "~standard": { version: 1, vendor: "none", validate } } as never;
  const first = chainRunnable(fallbacks(log("1", "x", "b"), log("2", "y")));
  const last = chainRunnable(fallbacks(log("3", "z", "x"), log("4", "z")));
  const { sink } = await run(pipe(first, last), ["a", "b", "a", "b"], { dedupe: true, schema });
  expect(results(sink)).toEqual(["<z>", "<z>", "<z>", "<z>"]);
  expect(calls.join(" ").split(" ").toSorted()).toEqual(["1a", "1b", "2b", "2b", "3x", "3x", "3y", "3y", "4x", "4x"]);
});

it("L10 an override of a stage is called, with windows of what comes, as large as a request may be", async () => {
  class Own extends Runnable<string, string> {
    readonly sizes: number[] = [];
    override invoke = (): Promise<string> => Promise.reject(new Error("not this"));
    override async batch(inputs: string[]): Promise<string[]> {
      this.sizes.push(inputs.length);
      return inputs;
    }
  }
  const own = new Own();
  const { sink } = await run(pipe(own, append("1")), range(5).map(String), { request: { maxInputs: 2 } });
  expect(results(sink)).toEqual(range(5).map((index) => `${index}1`));
  expect(own.sizes).toEqual([2, 2, 1]);
});

it("L11 what is held back for order at the end holds back the chain's first stage", async () => {
  const { sink, batch, source } = engineParts<unknown, unknown>(append("1"), ["a"]);
  sink.backlog.held = 100;
  batch.start(chainStages(pipe(append("1"), append("2")), {}, source, batch, undefined));
  await turn();
  expect([source.pulled, sink.sleepers.length > 0]).toEqual([0, true]);
});

it("P14 the first call of a nested chain runs on its parent's permit", () => {
  const semaphore = new Semaphore(1, undefined);
  semaphore.tryAcquire();
  const parent = { semaphore, isBorrowed: false, limiter: undefined, outer: undefined };
  const options = { [CALL_SLOT]: parent } as BatchOptions;
  const { batch, source } = engineParts<unknown, unknown>(append("1"), ["a"], options);
  batch.start(chainStages(pipe(append("1"), append("2")), options, source, batch, parent));
  expect([parent.isBorrowed, semaphore.tryAcquire()]).toEqual([true, false]);
});

it("chainOf gives the stages of what is made of others, and nothing else", () => {
  const chain = pipe(append("1"), append("2"));
  expect(chainOf(chainRunnable(chain))).toEqual(chain);
  expect(chainOf(append("1"))).toBeUndefined();
});
