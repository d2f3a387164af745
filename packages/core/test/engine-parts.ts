import { FakeClock } from "@batchwise/testkit";
import type { BatchOptions, Inputs, RunnableShape } from "../src/contract/runnable.ts";
import { Admission } from "../src/engine/admission/admission.ts";
import { Semaphore } from "../src/engine/admission/semaphore.ts";
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
  }

  reject(index: number, input: Input, reason: Error): void {
    this.rejected.push(index);
    this.outcomes.push([index, input, reason]);
  }

  close(): void {
    this.closed++;
  }

  /** Values and errors, each in the slot of its input. */
  get slots(): unknown[] {
    const slots: unknown[] = [];
    for (const [index, , result] of this.outcomes) slots[index] = result;
    return slots;
  }
}

/** Reader that takes from a source what it wants, and keeps it. */
export class KeepingReader<Input> implements SourceReader<Input> {
  readonly taken: (readonly [index: number, input: Input])[] = [];
  /** How often the source has said that there is something new. */
  woken = 0;
  readonly #source: Source<Input>;
  #wanted = 0;

  constructor(source: Source<Input>) {
    this.#source = source;
  }

  /** Takes so many at most, or all that there are, and returns what has been taken in all. */
  take(wanted: number = Infinity): typeof this.taken {
    this.#wanted = this.taken.length + wanted;
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

/** Context of one stage. Its outcomes go to the batch and on to the sink; nothing is started. */
export function engineParts<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input> = [],
  given: BatchOptions<Input, Output> = {},
  failFast: boolean = false,
): EngineParts<Input, Output> {
  const clock = new FakeClock();
  const options = { clock, ...given };
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
  const resolved = resolveOptions(runnable, options, false, source.inputs !== undefined);
  const semaphore = new Semaphore(resolved.permits, resolved.parent);
  const context = { options: resolved, source, sink: batch, batch, semaphore };
  return { clock, sink, source, batch, ends, context };
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
  const admission = new Admission(context);
  context.semaphore.join({ claim: () => admission.serve() === true });
  const settler = new Settler(context);
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

/** Chunk of these inputs, whose indexes begin at `from`. */
export function chunkOf<Input>(inputs: readonly Input[], from: number = 0): Chunk<Input> {
  const chunk = new Chunk<Input>();
  for (const [position, input] of inputs.entries()) chunk.add(from + position, input);
  return chunk;
}
