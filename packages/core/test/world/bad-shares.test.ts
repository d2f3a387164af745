import { bulkRunnable, ProviderError, rateLimiter, sleep } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../latency/random.ts";
import { range } from "../regressions/held-backend.ts";

// llama.cpp's server and those around it answer 500 to a text of more than its 512 tokens, and so to each request that holds one:
// https://github.com/canonical/inference-snaps/issues/344, https://github.com/lemonade-sdk/lemonade/issues/3591.
describe.for([2048, 10, 1])("P41 texts at which a server always fails, in requests of %i", (maxInputs) => {
  it.for([0.1, 0.33, 0.5, 0.6])(
    "are told from an outage where they are %d of all, and cost few calls",
    async (share) => {
      const clock = new FakeClock();
      const random = seededRandom(maxInputs);
      const isBad = range(400).map(() => random() < share);
      let calls = 0;
      const subject = bulkRunnable<number, number>(
        async (inputs, { signal }) => {
          calls++;
          await sleep(50, clock, signal);
          if (inputs.some((input) => isBad[input])) throw new ProviderError("no", { status: 500, retryable: true });
          return inputs;
        },
        { maxConcurrency: 5, request: { maxInputs }, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
      );
      const slots = await clock.run(subject.batch(range(400), { clock, random, returnExceptions: true }));
      expect(slots.map((slot) => slot instanceof Error)).toEqual(isBad);
      expect(calls).toBeLessThanOrEqual(400 + 12 * isBad.filter(Boolean).length);
    },
  );
});
