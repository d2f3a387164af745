import type { BatchOptions, Runnable } from "@batchwise/core";

import { FakeClock, flush } from "./fake-clock.ts";
import { type Attempt, follow } from "./follow.ts";
import { Gauge } from "./gauge.ts";
import { broken } from "./law.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";
import type { Subject } from "./subject.ts";

/**
 * Turns of the event loop, enough for an answer that passes through a few stages of streams and promises on its way, such
 * as the body of a Response: nothing on the way waits for real time.
 */
const TURNS = 4;

/** Real time to wait for a retry, in milliseconds: those of SDKs do not run on the checks' clock. */
export const RETRY_MS = 2000;

/** Steps of the clock: far more than the few dozen inputs of a trial can take. */
const MOST_STEPS = 2000;

/** Situation of a law: a fresh Runnable on a fresh backend and clock. */
export class Trial<Input, Output> {
  readonly clock: FakeClock = new FakeClock();
  readonly gauge: Gauge = new Gauge();
  readonly backend: ScriptedBackend<Input, any>;
  /** Options of every batch of a trial: the trial's time, no chance, and no merging of equal inputs. */
  readonly options: BatchOptions<Input, Output>;
  readonly subject: Subject<Input, Output>;
  #runnable: Runnable<Input, Output> | undefined;

  constructor(subject: Subject<Input, Output>, script: Script<Input, any>) {
    this.subject = subject;
    const answer = subject.answer ?? unreachable;
    this.backend = new ScriptedBackend<Input, any>({
      answer,
      usage: ({ inputs }) => ({ inputTokens: inputs.length }),
      ...script,
      clock: this.clock,
      gauge: this.gauge,
    });
    this.options = { clock: this.clock, random: () => 0.5, dedupe: false };
  }

  /** Runnable under test. */
  get runnable(): Runnable<Input, Output> {
    if (this.#runnable === undefined) throw new Error("Expected the trial to be open, got none. Use `inTrial`.");
    return this.#runnable;
  }

  get #canMove(): boolean {
    return this.backend.held.length > 0 || this.clock.nextInMs !== undefined;
  }

  /** Makes the Runnable. */
  async open(): Promise<void> {
    this.#runnable = await this.subject.create({ backend: this.backend, clock: this.clock });
  }

  /** Closes the Runnable. */
  async close(): Promise<void> {
    if (this.#runnable !== undefined) await this.subject.close(this.#runnable);
  }

  /** Lets everything happen that needs neither the clock nor a release. */
  async idle(): Promise<void> {
    // One turn after another: each lets the next stage begin.
    for (let turn = 0; turn < TURNS; turn++) await flush();
  }

  /**
   * Brings `promise` to its end: releases the calls that are held, oldest first, and where none is, moves the clock on
   * to the next timer. Calls `watch` each time that everything is at rest.
   *
   * @throws LawError when nothing is left that could settle it.
   */
  async attempt<T>(
    promise: Promise<T>,
    where: string,
    watch: () => void = () => {},
    patienceMs: number = this.subject.patienceMs,
  ): Promise<Attempt<T>> {
    const state = follow(promise);
    for (let step = 0; step < MOST_STEPS; step++) {
      await this.idle();
      watch();
      if (state.ended !== undefined) return state.ended;
      const [held] = this.backend.held;
      // Before any timer: a call that is merely held must not run into its timeout.
      if (held !== undefined) this.backend.release(held);
      else if (this.clock.nextInMs !== undefined) await this.clock.advance(this.clock.nextInMs);
      else if (!(await this.comes(() => state.ended !== undefined || this.#canMove, patienceMs, watch))) {
        const got = "a deadlock: no call is open, and no timer waits (`patienceMs` gives I/O its real time)";
        throw broken(where, "an end", got);
      }
    }
    throw broken(where, "an end", `none after ${MOST_STEPS} steps of the clock and ${this.backend.calls.length} calls`);
  }

  /** Waits in real time until `condition` holds, and resolves to whether it did within so many milliseconds. */
  async comes(
    condition: () => boolean,
    ms: number = this.subject.patienceMs,
    watch: () => void = () => {},
  ): Promise<boolean> {
    const start = performance.now();
    await this.idle();
    while (!condition()) {
      if (performance.now() - start >= ms) return false;
      await new Promise((resolve) => {
        setTimeout(resolve, 1);
      });
      await this.idle();
      watch();
    }
    return true;
  }

  /** Resolves to the end of `promise`, if it has one once all is at rest that needs neither the clock nor a release. */
  async now<T>(promise: Promise<T>): Promise<Attempt<T> | undefined> {
    const state = follow(promise);
    await this.idle();
    return state.ended;
  }

  /** Lets go of everything: held calls answer, and ten minutes pass. What was going to start has started then. */
  async exhaust(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      this.backend.release();
      await this.clock.advance(6000);
      await this.idle();
    }
  }
}

/** Runs `body` with a fresh trial, and closes it. */
export async function inTrial<Input, Output, T>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  body: (trial: Trial<Input, Output>) => Promise<T>,
): Promise<T> {
  const trial = new Trial(subject, script);
  await trial.open();
  try {
    return await body(trial);
  } finally {
    await trial.close();
  }
}

function unreachable(): never {
  throw new Error("Expected an unobserved subject to leave the backend alone, got a call. Give `answer`.");
}
