import type { Plan } from "./plan.ts";

/** How long a source has to be quiet, with nothing in flight, to count as one that waits for us. */
const QUIET_MS = 20;

/** What the watch asks of the run. */
export interface Stalling {
  /** Inputs that wait in the request that is being filled. */
  waiting(): number;
  /** Inputs that the source has given. */
  pulled(): number;
  /** Whether nothing that is under way can bring the source on. */
  stuck(): boolean;
  flush(): void;
}

/**
 * Decides when a request that is not full goes out all the same: after `maxWaitMs`, or when the source has gone quiet
 * while nothing is in flight, for then it may be waiting for the very outputs of what waits here.
 */
export class StallWatch {
  /** Whether the request that is being filled is to go out as it is. */
  flushing = false;
  readonly #plan: Pick<Plan<never, unknown>, "clock" | "maxWaitMs">;
  readonly #run: Stalling;
  #cancelWait: (() => void) | undefined;
  #cancelQuiet: (() => void) | undefined;

  constructor(plan: Pick<Plan<never, unknown>, "clock" | "maxWaitMs">, run: Stalling) {
    this.#plan = plan;
    this.#run = run;
  }

  /** The first input of a request has come. */
  watch(): void {
    const { clock, maxWaitMs } = this.#plan;
    if (maxWaitMs !== undefined) this.#cancelWait ??= clock.after(maxWaitMs, () => this.#flush());
    if (this.#cancelQuiet === undefined) this.#watchQuiet();
  }

  /** A request has gone out. */
  sent(): void {
    this.flushing = false;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#run.waiting() > 0) this.watch();
  }

  cancel(): void {
    this.#cancelWait?.();
    this.#cancelQuiet?.();
  }

  #watchQuiet(): void {
    const pulled = this.#run.pulled();
    this.#cancelQuiet = this.#plan.clock.after(QUIET_MS, () => {
      this.#cancelQuiet = undefined;
      if (this.#run.waiting() === 0) return;
      if (this.#run.pulled() === pulled && this.#run.stuck()) this.#flush();
      else this.#watchQuiet();
    });
  }

  #flush(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.flushing = true;
    this.#run.flush();
  }
}
