import type { CallOptions, CallReport } from "../../contract/runnable.ts";
import type { Clock } from "../../contract/clock.ts";
import { TimeoutError } from "../../contract/errors.ts";

/**
 * Makes a call that is given up after `timeoutMs`, counted from its dispatch (P13). The call's own signal is aborted with
 * the error that its items get.
 */
export function withTimeout(
  call: (options: CallOptions) => Promise<unknown>,
  options: CallOptions,
  timeoutMs: number,
  clock: Clock,
): Promise<unknown> {
  const controller = new AbortController();
  const outer = options.signal;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const cancel = clock.after(timeoutMs, () => {
      const error = new TimeoutError(
        `Expected the call to end within \`timeoutMs\` (${timeoutMs} ms), got no answer. Allow it more time, or send less in one request.`,
      );
      isOver = true;
      reject(error);
      controller.abort(error);
    });
    // What a call reports after its time is up belongs to no call any more.
    const report = (facts: CallReport): void => {
      if (!isOver) options.report?.(facts);
    };
    const onAbort = (): void => {
      // The batch is over: nothing waits for the time to run out.
      cancel();
      controller.abort(outer?.reason);
    };
    outer?.addEventListener("abort", onAbort, { once: true });
    const done = (): void => {
      isOver = true;
      cancel();
      outer?.removeEventListener("abort", onAbort);
    };
    const sent = new Promise((answer) => {
      answer(call(Object.freeze({ ...options, signal: controller.signal, report })));
    });
    sent.finally(done).then(resolve, reject);
  });
}
