import { bulkRunnable, ProviderError, rateLimiter, runnable, withFallbacks } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";
import { RefusingServer } from "./servers.ts";

const refused = (code: "invalid_input" | "authentication" | "request_too_large", status: number): ProviderError =>
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

const SOURCES = {
  "an array": range,
  "an iterator": (count: number) => range(count).values(),
  "a generator": rows,
};

// API Gateway says {"message":"Forbidden"} to a wrong key, as to a request that a rule holds back:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
describe.for(Object.entries(SOURCES))("P47 %s that fits into one request", ([, open]) => {
  async function send(count: number, maxInputs: number, isBad: (input: number) => boolean): Promise<number[]> {
    const clock = new FakeClock();
    const server = new RefusingServer(clock, (inputs) =>
      inputs.some(isBad) ? refused("invalid_input", 403) : undefined,
    );
    const subject = bulkRunnable(server.answer, {
      maxConcurrency: 20,
      retry: { attempts: 6 },
      request: { maxInputs },
      limiter: rateLimiter({ clock, concurrency: 5 }),
    });
    const slots = await clock.run(subject.batch(open(count), { clock, returnExceptions: true }));
    return [server.calls, slots.filter((slot) => !(slot instanceof Error)).length];
  }

  it.for(range(56).map((index) => index + 8))("costs at most ten calls where all %i are refused", async (count) => {
    const [calls] = await send(count, 2048, () => true);
    expect(calls).toBeLessThanOrEqual(10);
  });

  it.for([10, 12, 20, 40, 63])("loses none where half of %i are refused", async (count) => {
    for (const isBad of [(input: number) => input < count / 2, (input: number) => input >= count / 2])
      for (const maxInputs of [1, 16, 2048]) {
        const [, passed] = await send(count, maxInputs, isBad);
        expect(passed).toBe(range(count).filter((input) => !isBad(input)).length);
      }
  });
});

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

it.for([
  [
    "P43 a rate limit ends does not blame the network",
    { code: "rate_limited", status: 429 },
    "(429). Check the limits",
  ],
  ["P42 a name that is not found ends names its code", { providerCode: "ENOTFOUND" }, "(ENOTFOUND). Check the address"],
] as const)("a run that %s", async ([, facts, message]) => {
  const clock = new FakeClock();
  const subject = runnable<number, number>(
    async () => {
      throw new ProviderError("no", { ...facts, retryable: true });
    },
    { maxConcurrency: 5, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
  );
  const [slot] = await clock.run(subject.batch(range(100), { clock, returnExceptions: true }));
  expect((slot as Error).message).toContain(message);
});

/** Sends inputs, five requests at a time, to a server that says of some requests that they are too large. */
async function sendLarge(
  count: number,
  maxInputs: number,
  isTooLarge: (inputs: readonly number[]) => boolean,
): Promise<{ calls: number; failed: readonly number[] }> {
  const clock = new FakeClock();
  const server = new RefusingServer(clock, (inputs) =>
    isTooLarge(inputs) ? refused("request_too_large", 413) : undefined,
  );
  const limiter = rateLimiter({ clock });
  const options = { maxConcurrency: 5, retry: { attempts: 6 }, request: { maxInputs }, limiter };
  const subject = bulkRunnable(server.answer, options);
  const slots = await clock.run(subject.batch(range(count), { clock, returnExceptions: true }));
  return { calls: server.calls, failed: range(count).filter((input) => slots[input] instanceof Error) };
}

// nginx refuses a body of more than `client_max_body_size` (1 MB) by 413: https://nginx.org/en/docs/http/ngx_http_core_module.html.
it("P41 single texts that are too large do not make all other requests small", async () => {
  const isLarge = (input: number): boolean => input % 997 === 0;
  const { calls, failed } = await sendLarge(20_000, 100, (inputs) => inputs.some(isLarge));
  expect(failed).toEqual(range(20_000).filter(isLarge));
  // 200 where none is too large, and some 16 for each that is.
  expect(calls).toBeLessThanOrEqual(200 + 21 * 16);
});

// A proxy in front of the API has a limit of its own, such as nginx's, which a deployment may have set to next to nothing.
describe("P49 a 413", () => {
  it.for([1, 8, 100, 2048])("to every request, of one input too, ends the run: requests of %i", async (maxInputs) => {
    const { calls, failed } = await sendLarge(10_000, maxInputs, () => true);
    expect(calls).toBeLessThanOrEqual(40);
    expect(failed).toEqual(range(10_000));
  });

  it.for([
    [100, 10, 400],
    [2048, 10, 400],
    [2048, 64, 90],
    [2048, 1, 3400],
  ] as const)(
    "to requests of %i inputs, which go out in parts of %i: no size is tried for each part anew",
    async (given) => {
      const [maxInputs, most, enough] = given;
      const { calls, failed } = await sendLarge(3000, maxInputs, (inputs) => inputs.length > most);
      expect(failed).toEqual([]);
      expect(calls).toBeLessThanOrEqual(enough);
    },
  );
});

describe("P4 what the first Runnable refuses for all, or is out for, goes to the fallback", () => {
  const other = runnable(async (text: string) => text.toUpperCase());
  const textsOf = (count: number): string[] => range(count).map((index) => `text ${index}`);
  const shouted = (count: number): string[] => textsOf(count).map((text) => text.toUpperCase());

  it.for([
    [5, 12],
    [1, 12],
    [5, 100],
    [5, 300],
    [100, 12],
    [2, 9],
  ] as const)("a refusal of every input (%i at once, %i inputs)", async ([maxConcurrency, count]) => {
    let calls = 0;
    const refusing = runnable<string, string>(
      async () => {
        calls++;
        throw refused("invalid_input", 404);
      },
      { maxConcurrency, retry: { attempts: 2 } },
    );
    expect(await withFallbacks(refusing, [other]).batch(textsOf(count))).toEqual(shouted(count));
    expect(calls).toBeLessThanOrEqual(Math.max(15, 2 * maxConcurrency));
  });

  it.for([
    ["a limiter", 1, 12],
    ["no limiter", 1, 12],
    ["a limiter", 1, 3],
    ["a limiter", 1, 1],
    ["a limiter", 8, 200],
    ["a limiter", 8, 8],
  ] as const)("an outage, with %s, %i in a request and %i inputs", async ([kind, maxInputs, count]) => {
    const clock = new FakeClock();
    const down = bulkRunnable<string, string>(
      async () => {
        throw new ProviderError("no", { status: 503, retryable: true });
      },
      {
        maxConcurrency: 5,
        request: { maxInputs },
        retry: { attempts: 2, outageMs: 20_000 },
        ...(kind === "a limiter" ? { limiter: rateLimiter({ concurrency: 5, clock }) } : {}),
      },
    );
    const running = withFallbacks(down, [other]).batch(textsOf(count), { clock, returnExceptions: true });
    expect(await clock.run(running)).toEqual(shouted(count));
    expect(clock.now()).toBeLessThanOrEqual(60_000);
  });
});
