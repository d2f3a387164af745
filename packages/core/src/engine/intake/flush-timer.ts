import type { AnyStageContext } from "../stage-context.ts";
import type { Packer } from "./packer.ts";

/** Milliseconds that a source has to be quiet, with nothing in flight, to count as one that waits for outcomes. */
const QUIET_MS = 20;

/**
 * Decides when a chunk that is not full goes out all the same: after `maxWaitMs`, or when the source has gone quiet
 * while nothing is in flight, for then it may be waiting for the very outcomes of the inputs that wait here.
 */
export class FlushTimer {
  readonly #context: AnyStageContext;
  readonly #packer: Pick<Packer<never>, "waiting">;
  /** Tells whether nothing that is under way can bring the source on. */
  readonly #isStuck: () => boolean;
  #cancelWait: (() => void) | undefined;
  #cancelQuiet: (() => void) | undefined;
  /** True once the first input of the chunk that is being filled has waited long enough. */
  #isDue = false;
  #isQuiet = false;

  constructor(context: AnyStageContext, packer: Pick<Packer<never>, "waiting">, isStuck: () => boolean) {
    this.#context = context;
    this.#packer = packer;
    this.#isStuck = isStuck;
  }

  /** True where the chunk that is being filled is to go out as it is. */
  get isFlushing(): boolean {
    return this.#isDue || this.#isQuiet;
  }

  /** The first input of a chunk has been added. */
  watch(): void {
    const { clock, maxWaitMs } = this.#context.options;
    this.#forgetWait();
    if (maxWaitMs !== undefined) {
      this.#cancelWait = clock.after(maxWaitMs, () => {
        this.#isDue = true;
        this.#context.semaphore.wake();
      });
    }
    this.#watchQuiet();
  }

  /** A chunk has gone out. One that is being filled behind it has waited since its own first input. */
  sent(): void {
    this.#isQuiet = false;
    if (this.#packer.waiting === 0) this.#forgetWait();
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
    // A source that gives at once never goes quiet.
    const { options, source } = this.#context;
    if ("advance" in source || this.#cancelQuiet !== undefined) return;
    const { pulled } = source;
    this.#cancelQuiet = options.clock.after(QUIET_MS, () => {
      this.#cancelQuiet = undefined;
      if (this.#packer.waiting === 0) return;
      if (source.pulled === pulled && this.#isStuck()) {
        this.#isQuiet = true;
        this.#context.semaphore.wake();
      } else this.#watchQuiet();
    });
  }
}
