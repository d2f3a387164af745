import { bulkRunnable, ProviderError, rateLimiter, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

const refused = (code: "invalid_input" | "authentication", status: number): ProviderError =>
  new ProviderError("no", { code, status, retryable: false });

// As the command line reads a file.
async function* rows(count: number): AsyncGenerator<number> {
  yield* range(count);
}

it.for([
  ["authentication", 401, 100],
  ["invalid_input", 403, 300],
] as const)(
  "P49 a lazy source of 3,000, of which all is refused (%s) after 50 results, is not asked to its end",
  async ([code, status, most]) => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = runnable<number, number>(
      async (input) => {
        await new Promise<void>((resolve) => clock.after(100, resolve));
        if (calls++ < 50) return input;
        throw refused(code, status);
      },
      { maxConcurrency: 20, retry: { attempts: 6 }, limiter: rateLimiter({ clock, concurrency: 5 }) },
    );
    await clock.run(subject.batch(rows(3000), { clock, returnExceptions: true }));
    expect(calls).toBeLessThan(most);
  },
);

// Cohere's embed: 96 texts in a request and 10 in flight, so that all is taken before the first answer.
it.for([200, 960])("P49 %i texts in requests of 96 that are all under way, and all refused", async (count) => {
  const clock = new FakeClock();
  let calls = 0;
  const subject = bulkRunnable<number, number>(
    async () => {
      calls++;
      await new Promise<void>((resolve) => clock.after(100, resolve));
      throw refused("invalid_input", 400);
    },
    { maxConcurrency: 10, retry: { attempts: 6 }, request: { maxInputs: 96 }, limiter: rateLimiter({ clock }) },
  );
  await clock.run(subject.batch(range(count), { clock, returnExceptions: true }));
  expect(calls).toBeLessThanOrEqual(40);
});
