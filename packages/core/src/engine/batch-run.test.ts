import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { CollectingSink, type EngineParts, KeepingReader } from "../../test/engine-parts.ts";
import { countListeners } from "../../test/regressions/held-backend.ts";
import { InputError } from "../contract/errors.ts";
import type { FinishReport } from "../contract/report.ts";
import type { BatchOptions, Inputs } from "../contract/runnable.ts";
import { BatchRun, type Stage } from "./batch-run.ts";
import { openSource } from "./intake/open-source.ts";
import { endedEarly, type Stop } from "./stop.ts";

const BAD = new InputError("no");
const OUTCOMES = [{ index: 0, input: "a", status: "fulfilled", value: 1 }] as const;
const FAILED: Stop = { status: "failed", reason: BAD };
const ABORTED: Stop = { status: "aborted", reason: "aborted" };
const CANCELED = ["cancel first", "cancel second"];
const DRAINED: Stop = { status: "drained", reason: "drained" };

const throws = (): never => {
  throw BAD;
};

interface Ran extends Pick<EngineParts<string, number>, "batch" | "source" | "sink"> {
  readonly stages: readonly Stage[];
  /** Events of the stages, and the end, in their order. */
  readonly log: unknown[];
}

/** Batch of stages that do nothing by themselves. */
function run(options: BatchOptions = {}, inputs: Inputs<string> = ["a", "b"], failFast: boolean = false): Ran {
  const log: unknown[] = [];
  const sink = new CollectingSink<string, number>();
  const source = openSource(inputs);
  const onEnd = (stop: Stop | undefined, pulled: number): unknown => log.push(["end", stop, pulled]);
  const info = {
    method: "batch",
    size: source.inputs?.length,
    price: undefined,
    parent: undefined,
    options: {},
  } as const;
  const output = { method: "batch", sink, failFast, onEnd, outcomes: () => OUTCOMES } as const;
  const batch = new BatchRun<string, number>(options, info, new FakeClock(), source, output);
  const stage = (name: string): Stage => ({
    start: () => log.push(`start ${name}`),
    drain: () => log.push(`drain ${name}`),
    cancel: () => log.push(`cancel ${name}`),
  });
  return { batch, source, sink, stages: [stage("first"), stage("second")], log };
}

/** Batch whose stages have been started. */
function started(...given: Parameters<typeof run>): Ran {
  const ran = run(...given);
  ran.batch.start(ran.stages);
  ran.log.splice(0);
  return ran;
}

/** Every stage has ended. */
function endStages({ batch, stages }: Ran): void {
  for (const _ of stages) batch.stageEnded();
}

const states = ({ batch }: Ran): boolean[] => [batch.isEnding, batch.draining.aborted, batch.canceled.aborted];

it("the last stage starts first, and the end of all is the end of the batch, once", () => {
  const ran = run();
  ran.batch.start(ran.stages);
  expect(ran.log.splice(0)).toEqual(["start second", "start first"]);
  ran.batch.stageEnded();
  expect(ran.log).toEqual([]);
  ran.batch.stageEnded();
  ran.batch.end(FAILED, "cancel");
  expect(ran.log).toEqual([["end", undefined, 2]]);
  expect(states(ran)).toEqual([false, false, false]);
});

it("P12 a batch that is aborted or drained before it starts starts nothing; a drain waits for the stages", () => {
  const drained = run({ drain: AbortSignal.abort("drained") });
  drained.batch.start(drained.stages);
  expect(drained.log.splice(0)).toEqual(["drain first", "drain second"]);
  endStages(drained);
  expect(drained.log).toEqual([["end", DRAINED, 2]]);
  const aborted = run({ signal: AbortSignal.abort("aborted"), drain: AbortSignal.abort("drained") });
  aborted.batch.start(aborted.stages);
  expect(aborted.log).toEqual([...CANCELED, ["end", ABORTED, 2]]);
});

it("P12 an abort ends everything in the very turn, with the signal's reason, and once", () => {
  const controller = new AbortController();
  const ran = started({ signal: controller.signal });
  controller.abort("aborted");
  endStages(ran);
  expect(ran.log).toEqual([...CANCELED, ["end", ABORTED, 2]]);
  expect(states(ran)).toEqual([true, true, true]);
  expect([ran.batch.draining.reason, ran.batch.canceled.reason]).toEqual(["aborted", "aborted"]);
});

it("a drain starts nothing new and waits for what is in flight; an abort may follow, and the signals are let go of", () => {
  const [drain, abort] = [new AbortController(), new AbortController()];
  const listeners = [drain, abort].map(({ signal }) => countListeners(signal));
  const ran = started({ drain: drain.signal, signal: abort.signal });
  expect(listeners.map(({ size }) => size)).toEqual([1, 1]);
  drain.abort("drained");
  expect(ran.log.splice(0)).toEqual(["drain first", "drain second"]);
  expect(states(ran)).toEqual([true, true, false]);
  abort.abort("aborted");
  expect(ran.log).toEqual([...CANCELED, ["end", ABORTED, 2]]);
  expect(listeners.map(({ size }) => size)).toEqual([0, 0]);
});

it("of two wishes to drain the first one counts, and none once every input has its outcome", () => {
  const [early, late] = [started(), started()];
  late.batch.fulfill(0, "a", 1);
  late.batch.reject(1, "b", BAD);
  for (const ran of [early, late]) {
    ran.batch.end(DRAINED, "drain");
    ran.batch.end({ status: "stopped", reason: BAD }, "drain");
    endStages(ran);
  }
  expect(early.log).toEqual(["drain first", "drain second", ["end", DRAINED, 2]]);
  expect(late.log.at(-1)).toEqual(["end", undefined, 2]);
  expect(late.sink.slots).toEqual([1, BAD]);
});

it("L12 a failure ends a batch that fails fast, in the very turn, and no other", () => {
  const [fast, slow] = [started({}, ["a"], true), started({}, ["a"])];
  for (const { batch } of [fast, slow]) batch.reject(0, "a", BAD);
  expect(fast.log).toEqual([...CANCELED, ["end", FAILED, 1]]);
  expect([slow.log, states(slow)]).toEqual([[], [false, false, false]]);
  expect([fast.sink.rejected, slow.sink.rejected]).toEqual([[0], [0]]);
});

it("of a lazy source those inputs count that were taken", () => {
  const lazy = started({ onFinish: ({ unfinished }) => lazy.log.push(unfinished) }, new Set(["a", "b", "c"]));
  new KeepingReader(lazy.source).take(2);
  lazy.batch.end(FAILED, "cancel");
  expect(lazy.log).toEqual([...CANCELED, 2, ["end", FAILED, 2]]);
});

it.for([
  ["fails the batch", undefined, FAILED],
  ["fails the batch that drains", DRAINED, FAILED],
  ["is of no interest once the caller has aborted", ABORTED, ABORTED],
] as const)("a source that throws %s", ([, stop, expected]) => {
  const ran = started({}, { [Symbol.iterator]: throws });
  new KeepingReader(ran.source).take();
  if (stop === undefined) endStages(ran);
  else ran.batch.end(stop, "cancel");
  expect(ran.log.at(-1)).toEqual(["end", expected, 0]);
});

it("onFinish has the last word, before the end, with the outcomes", () => {
  const reports: FinishReport[] = [];
  const options: BatchOptions = { onFinish: (report) => ran.log.push(report.status) && reports.push(report) };
  let ran = started(options);
  ran.batch.fulfill(0, "a", 1);
  ran.batch.reported({ inputTokens: 7 }, { perMillionInputTokens: 1e6 });
  ran.batch.end(ABORTED, "cancel");
  expect(ran.log).toEqual([...CANCELED, "aborted", ["end", ABORTED, 2]]);
  ran = started(options, []);
  endStages(ran);
  expect(ran.log).toEqual(["completed", ["end", undefined, 0]]);
  const rest = { unfinished: 1, reason: "aborted", outcomes: OUTCOMES, usage: { cost: 7 } };
  expect(reports).toMatchObject([rest, { unfinished: 0, reason: undefined, usage: { cost: 0 } }]);
});

it("what onFinish or onProgress throws fails the batch: at the end, or on the way at once", () => {
  for (const options of [{ onFinish: throws }, { onProgress: throws }]) {
    const ran = started(options);
    endStages(ran);
    expect(ran.log).toEqual([["end", FAILED, 2]]);
  }
  const ran = started({ onProgress: throws });
  ran.batch.fulfill(0, "a", 1);
  expect(ran.log).toEqual([...CANCELED, ["end", FAILED, 2]]);
});

it("progress is told of the first outcome, not of each, and at the end, with the total that is known", () => {
  const told: string[] = [];
  const ran = started({ onProgress: ({ done, total, failed }) => told.push(`${done} of ${total}, ${failed} failed`) });
  ran.batch.reject(1, "b", BAD);
  ran.batch.reject(0, "a", BAD);
  endStages(ran);
  expect(told).toEqual(["1 of 2, 1 failed", "2 of 2, 2 failed"]);
});

it("hands on the caller's hooks, and the backlog of where outcomes go; usage goes to the call around it", () => {
  const told: unknown[] = [];
  const hooks = { onRequest: () => undefined, onRetry: () => undefined };
  const { batch, sink } = started({ ...hooks, report: (report) => told.push(report) });
  batch.reported({ inputTokens: 7 }, undefined);
  expect(told).toEqual([{ usage: { inputTokens: 7 } }]);
  expect([batch.hooks, batch.backlog === sink.backlog]).toMatchObject([hooks, true]);
});

it("a budget is there where a cap is set", () => {
  const has = (options: BatchOptions): boolean => run(options).batch.budget !== undefined;
  expect([{}, { maxTokens: Infinity }, { maxTokens: 0 }, { maxCost: 5 }].map(has)).toEqual([false, false, true, true]);
});

it("P8 P35 the error of an early end names its cause's class, keeps the outcomes, and shows no input", () => {
  const error = endedEarly({ status: "failed", reason: { secret: 1 } }, OUTCOMES, "Raise it.");
  expect(error.message).toBe(
    "Expected the batch to run to its end, got BatchwiseError, in `cause`. Raise it. Expected an Error to be thrown, got an object. The value is in `cause`.",
  );
  expect([error.outcomes, (error.cause as Error).cause]).toEqual([OUTCOMES, { secret: 1 }]);
});
