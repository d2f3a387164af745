import { bulkRunnable, ProviderError, rateLimiter, sleep } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

const UNAVAILABLE = new ProviderError("Internal error.", { status: 500, retryable: true });
const REFUSED = new ProviderError("Batch size is invalid.", { code: "invalid_input", status: 400, retryable: false });
const TOO_LARGE = new ProviderError("Too large.", { code: "request_too_large", status: 413, retryable: false });

/**
 * Ways in which servers refuse too many inputs. DashScope has a 400 for more than 10
 * (https://github.com/memodb-io/memobase/issues/142), text-embeddings-inference a 413 or 422 for more than its
 * `--max-client-batch-size` of 32, and where memory runs out there is a 500, or nothing within the time.
 */
const WAYS: readonly [name: string, failure: Error | undefined][] = [
  ["a 500", UNAVAILABLE],
  ["a 400", REFUSED],
  ["a 413", TOO_LARGE],
  ["no answer in time", undefined],
];

/** Inputs, inputs that the adapter may send in a request, and inputs that the server takes. */
const SIZES = [
  [512, 2048, 64],
  [512, 2048, 10],
  [3000, 2048, 10],
  [3000, 2048, 1],
  [3000, 256, 10],
  [3000, 2048, 32],
  [3000, 2048, 100],
  [20_000, 2048, 10],
  [20_000, 2048, 32],
  [300, 96, 5],
  [100, 2048, 16],
] as const;

describe.for(WAYS)("P41 where more inputs than a server takes bring %s", ([, failure]) => {
  it.for(SIZES)("%i of them in requests of %i, of which %i pass, are answered in few calls", async (sizes) => {
    const [count, maxInputs, most] = sizes;
    const clock = new FakeClock();
    let calls = 0;
    const subject = bulkRunnable<number, number>(
      async (inputs, { signal }) => {
        calls++;
        const isTooMany = inputs.length > most;
        await sleep(isTooMany && failure === undefined ? Infinity : 110, clock, signal);
        if (isTooMany) throw failure ?? new Error("It never comes so far.");
        return inputs;
      },
      {
        maxConcurrency: 5,
        request: { maxInputs },
        retry: { attempts: 6 },
        timeoutMs: 30_000,
        limiter: rateLimiter({ clock }),
      },
    );
    const slots = await clock.run(subject.batch(range(count), { clock, returnExceptions: true }));
    expect(slots).toEqual(range(count));
    expect(calls).toBeLessThanOrEqual(1.5 * Math.ceil(count / most) + 100);
    // A step of what is not answered takes half a minute; what fails waits before it is sent again.
    expect(clock.now()).toBeLessThanOrEqual(failure === undefined ? 600_000 : 5000 + calls * 110);
  });
});
