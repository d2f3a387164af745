import type { Clock } from "../../contract/clock.ts";
import { TimeoutError } from "../../contract/errors.ts";
import type { CallOptions } from "../../contract/call.ts";

/** Time of one call, which is given up after `timeoutMs` from its dispatch (P13). */
export class Deadline {
  /** Options for the call. Their signal is aborted with the error that the call's items get. */
  readonly options: CallOptions;
  readonly #outer: AbortSignal | undefined;
  readonly #clock: Clock;
  /** Rejects when the time runs out. @throws TimeoutError */
  readonly expired: Promise<never>;
  readonly #expire: () => void;
  readonly #onAbort: () => void;
  #isOver = false;
  #stops = 0;
  #startedAt: number;
  #leftMs: number;
  #cancelTimer: () => void;

  constructor(options: CallOptions, timeoutMs: number, clock: Clock, startedAt: number = clock.now()) {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    this.#outer = options.signal;
    this.#clock = clock;
    this.expired = promise;
    this.#expire = () => {
      const error = new TimeoutError(
        `Expected the call to end within \`timeoutMs\` (${timeoutMs} ms), got no answer. Allow more time, or send less at once.`,
      );
      this.#isOver = true;
      reject(error);
      controller.abort(error);
    };
    this.#onAbort = () => {
      // The batch is over: nothing waits for the time to run out.
      this.stop();
      controller.abort(options.signal?.reason);
    };
    this.#startedAt = startedAt;
    this.#leftMs = timeoutMs;
    this.#cancelTimer = clock.after(timeoutMs, this.#expire);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    const report: CallOptions["report"] = (facts) => {
      // What a call reports after its time is up belongs to no call any more.
      if (!this.#isOver) options.report?.(facts);
    };
    this.options = Object.freeze({ ...options, signal: controller.signal, report });
  }

  /** Lets the time stand still, until it is started as often: a batch inside of the call only waits for rate limits. */
  stop(): void {
    if (this.#stops++ > 0) return;
    this.#cancelTimer();
    this.#leftMs -= this.#clock.now() - this.#startedAt;
  }

  start(): void {
    if (--this.#stops > 0 || this.#isOver) return;
    this.#startedAt = this.#clock.now();
    this.#cancelTimer = this.#clock.after(this.#leftMs, this.#expire);
  }

  /** The call has ended. */
  end(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }
}
