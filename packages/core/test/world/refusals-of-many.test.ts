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

it.for([
  ["a wait of a day", 86_400_000, false],
  ["a wait of a second, where less is to be obeyed,", 1000, { attempts: 1, maxRetryAfterMs: 500 }],
] as const)("P45 without retries, too, %s makes no other input wait", async ([, retryAfterMs, retry]) => {
  const clock = new FakeClock();
  const failure = { status: 429, code: "rate_limited", retryable: true, retryAfterMs } as const;
  const subject = runnable<number, number>(
    async (input) => {
      if (input === 1) throw new ProviderError("later", failure);
      return input;
    },
    { limiter: rateLimiter({ clock }), retry },
  );
  const slots = await clock.run(subject.batch(range(5), { clock, returnExceptions: true }));
  expect(slots.filter((slot) => slot instanceof Error)).toHaveLength(1);
  expect(clock.now()).toBe(0);
});

it("P43 a run that a rate limit ends does not blame the network", async () => {
  const clock = new FakeClock();
  const subject = runnable<number, number>(
    async () => {
      throw new ProviderError("no", { code: "rate_limited", status: 429, retryable: true });
    },
    { maxConcurrency: 5, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
  );
  const [slot] = await clock.run(subject.batch(range(100), { clock, returnExceptions: true }));
  expect((slot as Error).message).toContain("Check the limits of the key, run the rest later");
});

// nginx refuses a body of more than `client_max_body_size` (1 MB) by 413: https://nginx.org/en/docs/http/ngx_http_core_module.html.
it("P41 single texts that are too large do not make all other requests small", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const isLarge = (input: number): boolean => input % 997 === 0;
  const subject = bulkRunnable<number, number>(
    async (inputs) => {
      calls++;
      await new Promise<void>((resolve) => clock.after(100, resolve));
      if (!inputs.some(isLarge)) return inputs;
      throw new ProviderError("no", { code: "request_too_large", status: 413, retryable: false });
    },
    { maxConcurrency: 5, retry: { attempts: 6 }, request: { maxInputs: 100 }, limiter: rateLimiter({ clock }) },
  );
  const slots = await clock.run(subject.batch(range(20_000), { clock, returnExceptions: true }));
  expect(slots.map((slot) => slot instanceof Error)).toEqual(range(20_000).map(isLarge));
  // 200 where none is too large, and some 16 for each that is.
  expect(calls).toBeLessThanOrEqual(200 + 21 * 16);
});
