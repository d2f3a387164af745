import type { Plan } from "./plan.ts";

/** How long a source has to be quiet, with nothing in flight, to count as one that waits for us. */
const QUIET_MS = 20;

/** What the watch asks of the run. */
export interface Stalling {
  /** Whether the source may be waiting for us; one that gives at once never is. */
  readonly mayGoQuiet: boolean;
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
  readonly #plan: Pick<Plan<never, unknown>, "clock" | "maxWaitMs">;
  readonly #run: Stalling;
  #cancelWait: (() => void) | undefined;
  #cancelQuiet: (() => void) | undefined;
  /** Whether the first input of the request that is being filled has waited long enough. */
  #isDue = false;
  #isQuiet = false;

  constructor(plan: Pick<Plan<never, unknown>, "clock" | "maxWaitMs">, run: Stalling) {
    this.#plan = plan;
    this.#run = run;
  }

  /** Whether the request that is being filled is to go out as it is. */
  get flushing(): boolean {
    return this.#isDue || this.#isQuiet;
  }

  /** The first input of a request has come. */
  watch(): void {
    const { clock, maxWaitMs } = this.#plan;
    this.#forgetWait();
    if (maxWaitMs !== undefined) {
      this.#cancelWait = clock.after(maxWaitMs, () => {
        this.#isDue = true;
        this.#run.flush();
      });
    }
    this.#watchQuiet();
  }

  /** A request has gone out. One that is being filled behind it has waited since its own first input. */
  sent(): void {
    this.#isQuiet = false;
    if (this.#run.waiting() === 0) this.#forgetWait();
    else this.#watchQuiet();
  }

  cancel(): void {
    this.#cancelWait?.();
    this.#cancelQuiet?.();
  }

  #forgetWait(): void {
    this.#isDue = false;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  #watchQuiet(): void {
    if (!this.#run.mayGoQuiet || this.#cancelQuiet !== undefined) return;
    const pulled = this.#run.pulled();
    this.#cancelQuiet = this.#plan.clock.after(QUIET_MS, () => {
      this.#cancelQuiet = undefined;
      if (this.#run.waiting() === 0) return;
      if (this.#run.pulled() === pulled && this.#run.stuck()) {
        this.#isQuiet = true;
        this.#run.flush();
      } else this.#watchQuiet();
    });
  }
}
