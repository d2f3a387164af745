import { FakeClock } from "@batchwise/testkit";
import type { BatchOptions, Inputs, RunnableShape } from "../src/contract/runnable.ts";
import { Admission } from "../src/engine/admission/admission.ts";
import { type Claimant, Semaphore } from "../src/engine/admission/semaphore.ts";
import { BatchRun } from "../src/engine/batch-run.ts";
import { Caller } from "../src/engine/call/caller.ts";
import { Chunk } from "../src/engine/intake/chunk.ts";
import { Intake } from "../src/engine/intake/intake.ts";
import { openSource } from "../src/engine/intake/open-source.ts";
import type { Source, SourceReader } from "../src/engine/intake/source.ts";
import { resolveOptions } from "../src/engine/resolve/resolve-options.ts";
import type { Backlog, OutcomeSink, Wakeable } from "../src/engine/results/outcome-sink.ts";
import { Settler } from "../src/engine/results/settler.ts";
import type { StageContext } from "../src/engine/stage-context.ts";
import type { Stop } from "../src/engine/stop.ts";

/** One outcome: its index, its input, and its value or its error. */
export type Collected = readonly [index: number, input: unknown, result: unknown];

/** Sink that keeps what it is given, in the order in which it comes. Its backlog is set by hand. */
export class CollectingSink<Input, Output> implements OutcomeSink<Input, Output> {
  readonly outcomes: Collected[] = [];
  /** Values and errors, each in the slot of its input. A slot without an outcome is a hole. */
  readonly slots: unknown[] = [];
  /** Indexes of the inputs that were rejected. */
  readonly rejected: number[] = [];
  readonly sleepers: Wakeable[] = [];
  readonly backlog: { -readonly [Name in keyof Backlog]: Backlog[Name] } = {
    waiting: 0,
    held: 0,
    wakeWhenTaken: (stage) => this.sleepers.push(stage),
  };
  catches = false;
  closed = 0;

  fulfill(index: number, input: Input, value: Output): void {
    this.outcomes.push([index, input, value]);
    this.slots[index] = value;
  }

  reject(index: number, input: Input, reason: Error): void {
    this.rejected.push(index);
    this.outcomes.push([index, input, reason]);
    this.slots[index] = reason;
  }

  close(): void {
    this.closed++;
  }
}

/** Reader that takes from a source what it wants, and keeps it. */
export class KeepingReader<Input> implements SourceReader<Input> {
  readonly taken: (readonly [index: number, input: Input])[] = [];
  /** Number of times that the source has said that there is something new. */
  woken = 0;
  readonly #source: Source<Input>;
  #wanted = 0;

  constructor(source: Source<Input>) {
    this.#source = source;
  }

  get inputs(): Input[] {
    return this.taken.map(([, input]) => input);
  }

  get indexes(): number[] {
    return this.taken.map(([index]) => index);
  }

  /** Takes so many more at most, or all that there are, and returns what has been taken in all. */
  take(wanted: number = Infinity): typeof this.taken {
    this.#wanted += wanted;
    this.#source.fill(this);
    return this.taken;
  }

  wants(): boolean {
    return this.taken.length < this.#wanted;
  }

  add(index: number, input: Input): void {
    this.taken.push([index, input]);
  }

  wake(): void {
    this.woken++;
  }
}

/** Surroundings of a stage, real ones: the parts of the engine that a unit test joins to the one that it is about. */
export interface EngineParts<Input, Output> {
  readonly clock: FakeClock;
  readonly sink: CollectingSink<Input, Output>;
  readonly source: Source<Input>;
  readonly batch: BatchRun<Input, Output>;
  /** Each end of the batch: never more than one. */
  readonly ends: (Stop | undefined)[];
  readonly context: StageContext<Input, Output>;
}

/** Context of one stage, without jitter, on a clock that is fake if it is given. Its outcomes go to the batch and on to the sink; nothing is started. */
export function engineParts<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input> = [],
  given: BatchOptions<Input, Output> = {},
  failFast: boolean = false,
): EngineParts<Input, Output> {
  const clock = (given.clock as FakeClock | undefined) ?? new FakeClock();
  const options = { random: () => 0, ...given, clock };
  const sink = new CollectingSink<Input, Output>();
  const ends: (Stop | undefined)[] = [];
  const source = openSource(inputs);
  const onEnd = (stop: Stop | undefined): unknown => ends.push(stop);
  const info = {
    method: "batch",
    size: source.inputs?.length,
    price: undefined,
    parent: undefined,
    options: {},
  } as const;
  const output = { method: "batch", sink, failFast, onEnd, outcomes: () => [] } as const;
  const batch = new BatchRun(options, info, clock, source, output);
  const resolved = resolveOptions(runnable, options, true, source.inputs?.length);
  const semaphore = new Semaphore(resolved.permits, resolved.parent);
  const context = { options: resolved, source, sink: batch, batch, semaphore };
  return { clock, sink, source, batch, ends, context };
}

/** Context of a stage for the test of one of its parts, with what shows of its batch. */
export interface TestContext<Input, Output> extends StageContext<Input, Output> {
  readonly batch: BatchRun<Input, Output>;
  readonly clock: FakeClock;
  /** Outputs so far, and errors in the slots of inputs that failed. A slot without an outcome is a hole. */
  readonly values: readonly unknown[];
  readonly ends: readonly (Stop | undefined)[];
}

/** The same as one object: spread it to replace a part. The first failure ends the batch, except with `returnExceptions`. */
export function stageContext<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input>,
  given: BatchOptions<Input, Output> = {},
): TestContext<Input, Output> {
  const { clock, sink, batch, ends, context } = engineParts(runnable, inputs, given, given.returnExceptions !== true);
  return { ...context, clock, batch, ends, values: sink.slots };
}

/** Surroundings of a stage, and the parts of a worker loop, joined as it joins them. */
export interface StageParts<Input, Output> extends EngineParts<Input, Output> {
  readonly admission: Admission;
  readonly settler: Settler<Input, Output>;
  readonly intake: Intake<Input, Output>;
  readonly caller: Caller<Input, Output>;
}

/** The parts of a stage that is sent no new work: only what recovery sends gets permits. */
export function stageParts<Input, Output>(
  ...given: Parameters<typeof engineParts<Input, Output>>
): StageParts<Input, Output> {
  const parts = engineParts(...given);
  const { context } = parts;
  const settler = new Settler(context);
  const admission = new Admission(context, settler.stop);
  context.semaphore.join({ claim: () => admission.serve() === true });
  const intake = new Intake(context, settler, admission);
  return { ...parts, admission, settler, intake, caller: new Caller(context, admission, settler) };
}

/** Counts the permits that are free now. */
export function freePermits(semaphore: Semaphore): number {
  let count = 0;
  while (semaphore.tryAcquire()) count++;
  for (let taken = 0; taken < count; taken++) semaphore.putBack();
  return count;
}

/** Chunk of these inputs, whose indexes begin at `from`, each of as many tokens as said. */
export function chunkOf<Input>(inputs: readonly Input[], from: number = 0, tokens?: number): Chunk<Input> {
  const chunk = new Chunk<Input>();
  const weight = tokens === undefined ? undefined : { tokens };
  for (const [position, input] of inputs.entries()) chunk.add(from + position, input, weight);
  return chunk;
}

/** Stage that never has work, and counts how often it is asked for some since it has joined. */
export function countOffers(semaphore: Semaphore): Claimant & { asked: number } {
  const stage = {
    asked: 0,
    claim(): boolean {
      this.asked++;
      return false;
    },
  };
  semaphore.join(stage);
  stage.asked = 0;
  return stage;
}
