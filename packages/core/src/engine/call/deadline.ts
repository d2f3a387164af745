import type { Clock } from "../../contract/clock.ts";
import { TimeoutError } from "../../contract/errors.ts";
import type { CallOptions, CallReport } from "../../contract/call.ts";

/** Deadline of one call. */
export interface Deadline {
  /** Options for the call. Their signal is aborted with the error that the call's items get. */
  readonly options: CallOptions;
  /** The answer, unless the time runs out first. @throws TimeoutError */
  race<Answer>(answer: Promise<Answer>): Promise<Answer>;
  /** The call has ended. */
  end(): void;
}

/** Starts the time of a call that is given up after `timeoutMs`: at its dispatch (P13). */
export function startDeadline(options: CallOptions, timeoutMs: number, clock: Clock): Deadline {
  const controller = new AbortController();
  const expired = Promise.withResolvers<never>();
  let isOver = false;
  const cancelTimer = clock.after(timeoutMs, () => {
    const error = new TimeoutError(
      `Expected the call to end within \`timeoutMs\` (${timeoutMs} ms), got no answer. Allow more time, or send less at once.`,
    );
    isOver = true;
    expired.reject(error);
    controller.abort(error);
  });
  const onAbort = (): void => {
    // The batch is over: nothing waits for the time to run out.
    cancelTimer();
    controller.abort(options.signal?.reason);
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });
  // What a call reports after its time is up belongs to no call any more.
  const report = (facts: CallReport): void => {
    if (!isOver) options.report?.(facts);
  };
  return {
    options: Object.freeze({ ...options, signal: controller.signal, report }),
    race: (answer) => Promise.race([answer, expired.promise]),
    end() {
      isOver = true;
      cancelTimer();
      options.signal?.removeEventListener("abort", onAbort);
    },
  };
}
