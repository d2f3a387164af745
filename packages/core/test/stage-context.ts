import { FakeClock } from "@batchwise/testkit";
import type { BatchOptions, Inputs, RunnableShape } from "../src/contract/runnable.ts";
import { type Claimant, Semaphore } from "../src/engine/admission/semaphore.ts";
import { BatchRun } from "../src/engine/batch-run.ts";
import { Chunk } from "../src/engine/intake/chunk.ts";
import { openSource } from "../src/engine/intake/open-source.ts";
import type { Source, SourceReader } from "../src/engine/intake/source.ts";
import { resolveOptions } from "../src/engine/resolve/resolve-options.ts";
import { ResultSlots } from "../src/engine/results/result-slots.ts";
import type { StageContext } from "../src/engine/stage-context.ts";
import type { Stop } from "../src/engine/stop.ts";

/** Surroundings of a stage for the test of one of its parts. */
export interface TestContext<Input, Output> extends StageContext<Input, Output> {
  readonly batch: BatchRun<Input, Output>;
  readonly clock: FakeClock;
  /** Outputs so far, and errors in the slots of inputs that failed. A slot without an outcome is a hole. */
  readonly values: readonly (Output | Error)[];
  /** Ends of the batch: never more than one, undefined where it went through. */
  readonly ends: readonly (Stop | undefined)[];
}

/**
 * Surroundings of one stage, all of them the real ones, on a fake clock and without jitter. Nothing is started. Spread the
 * result to replace one of them. The first failure ends the batch, except with `returnExceptions`.
 */
export function stageContext<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input>,
  given: BatchOptions<Input, Output> & { readonly clock?: FakeClock | undefined } = {},
): TestContext<Input, Output> {
  const { clock = new FakeClock() } = given;
  const options: BatchOptions<Input, Output> = { random: () => 0, ...given, clock };
  const source = openSource(inputs);
  const resolved = resolveOptions(runnable, options, true, source.inputs !== undefined);
  const slots = new ResultSlots<Input, Output>(source.inputs);
  const ends: (Stop | undefined)[] = [];
  const info = {
    method: "batch",
    size: source.inputs?.length,
    price: undefined,
    parent: undefined,
    options: {},
  } as const;
  const batch = new BatchRun<Input, Output>(options, info, clock, source, {
    method: "batch",
    sink: slots,
    failFast: options.returnExceptions !== true,
    outcomes: () => slots.outcomes(),
    onEnd: (stop) => ends.push(stop),
  });
  const semaphore = new Semaphore(resolved.permits, resolved.parent);
  return { options: resolved, source, sink: batch, batch, semaphore, clock, values: slots.values, ends };
}

/** Chunk of these inputs, with the first indexes of a batch, each of as many tokens as said. */
export function chunkOf<Input>(inputs: readonly Input[], tokens?: number): Chunk<Input> {
  const chunk = new Chunk<Input>();
  for (const [index, input] of inputs.entries()) chunk.add(index, input, tokens === undefined ? undefined : { tokens });
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

/** Takes the permits that are free, and counts them. */
export function freePermits(semaphore: Semaphore): number {
  let count = 0;
  while (semaphore.tryAcquire()) count++;
  return count;
}

/** Reader of a source: wants as many inputs as it is told to, keeps what it is given, and counts how often it is woken. */
export class CountingReader<Input> implements SourceReader<Input> {
  readonly inputs: Input[] = [];
  readonly indexes: number[] = [];
  woken = 0;
  readonly #source: Source<Input>;
  #wanted = 0;

  constructor(source: Source<Input>) {
    this.#source = source;
  }

  /** Reads, and wants so many inputs more. */
  read(wanted: number): void {
    this.#wanted += wanted;
    this.#source.fill(this);
  }

  wants(): boolean {
    return this.#wanted > 0;
  }

  add(index: number, input: Input): void {
    this.#wanted--;
    this.indexes.push(index);
    this.inputs.push(input);
  }

  wake(): void {
    this.woken++;
  }
}
