import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { systemClock } from "../../contract/clock.ts";
import { CALL_SLOT, INSIDE } from "../../contract/marks.ts";
import type { BatchOptions, RunnableSettings } from "../../contract/runnable.ts";
import { calibrationOf } from "../../rate-limit/calibration.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";
import { Runnable } from "../../runnable.ts";
import { Semaphore } from "../admission/semaphore.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve-options.ts";

const one = (settings: RunnableSettings = {}): Runnable<string, string> =>
  runnable(async (input: string) => input, settings);
const many = (settings: RunnableSettings = {}): Runnable<string, string> =>
  bulkRunnable<string, string>(async (inputs) => inputs, settings);

class Own extends Runnable<string, string> {
  override invoke = async (input: string): Promise<string> => input;
  override batch = async (inputs: any): Promise<any> => inputs;
}

/** Options of a batch of an array. */
const resolve = (subject: Runnable<string, string>, options: BatchOptions = {}): ResolvedOptions<string, string> =>
  resolveOptions(subject, options, true, 2);

it("P19 what is not asked for is not there, and nothing is unbounded", () => {
  expect(resolve(one())).toEqual({
    strategy: { kind: "one", call: expect.any(Function) },
    chain: undefined,
    maxConcurrency: 1,
    statedConcurrency: undefined,
    permits: 1,
    limits: { maxInputs: 1, maxTokens: Infinity, maxBytes: Infinity },
    retry: undefined,
    maxRetryAfterMs: 600_000,
    isPatient: false,
    timeoutMs: undefined,
    maxWaitMs: undefined,
    limiter: undefined,
    size: undefined,
    schema: undefined,
    keyOf: undefined,
    weigh: undefined,
    calibration: undefined,
    price: undefined,
    clock: systemClock,
    random: Math.random,
    callOptions: {},
    lookUp: false,
    parent: undefined,
  });
});

it.for([
  ["one", one(), {}, [1, 1, undefined]],
  ["many", many(), {}, [5, 5, undefined]],
  ["its own setting", many({ maxConcurrency: 3 }), {}, [3, 3, undefined]],
  ["the caller's", many({ maxConcurrency: 3 }), { maxConcurrency: 9 }, [9, 9, 9]],
  ["an override, one call at a time", new Own(), {}, [1, Infinity, undefined]],
  ["an override with the caller's cap", new Own(), { maxConcurrency: 9 }, [1, 9, 9]],
] as const)("calls in flight, by %s", ([, subject, options, expected]) => {
  const { maxConcurrency, permits, statedConcurrency } = resolve(subject, options);
  expect([maxConcurrency, permits, statedConcurrency]).toEqual(expected);
});

it("a call's options win over the Runnable's settings, one by one", () => {
  const [limiter, other] = [rateLimiter(), rateLimiter()];
  const validate = (value: unknown): object => ({ value });
  const [schema, stricter] = [1, 2].map((each) => ({
    "~standard": { version: 1, vendor: `${each}`, validate },
  })) as never[];
  const settings = { timeoutMs: 1, maxWaitMs: 2, limiter, schema, retry: { attempts: 2 }, dedupe: true } as const;
  const own = resolve(one(settings));
  expect(own).toMatchObject({ timeoutMs: 1, maxWaitMs: 2, schema, retry: { attempts: 2 } });
  const options = {
    timeoutMs: 3,
    maxWaitMs: 0,
    limiter: other,
    schema: stricter,
    retry: { attempts: 4 },
    dedupe: false,
  };
  const { keyOf, ...resolved } = resolve(one(settings), options as BatchOptions);
  expect(resolved).toMatchObject({ timeoutMs: 3, maxWaitMs: 0, schema: stricter, retry: { attempts: 4 } });
  expect([own.limiter === limiter, resolved.limiter === other, keyOf]).toEqual([true, true, undefined]);
  expect(resolve(one(settings), { timeoutMs: undefined }).timeoutMs).toBe(1);
});

it("retries have their defaults; what is given as undefined is not given", () => {
  const waits = { maxRetryAfterMs: 600_000, outageMs: 900_000 };
  const defaults = { minDelayMs: 500, maxDelayMs: 30_000, factor: 2, jitter: 0.5, ...waits };
  expect(resolve(one(), { retry: { attempts: 3 } }).retry).toEqual({ ...defaults, attempts: 3 });
  const shouldRetry = (): boolean => true;
  const retry = { attempts: 2, minDelayMs: undefined, maxDelayMs: 5, jitter: 0, shouldRetry };
  expect(resolve(one(), { retry }).retry).toEqual({ ...defaults, attempts: 2, maxDelayMs: 5, jitter: 0, shouldRetry });
});

it.for([false, {}, { attempts: 1 }, { attempts: undefined }, { minDelayMs: 5 }] as const)(
  "%o means no retry",
  (retry) => {
    const { retry: resolved, limiter } = resolve(one({ retry: { attempts: 3 } }), { retry });
    expect([resolved, limiter]).toEqual([undefined, undefined]);
  },
);

it.for([
  ["many inputs", one(), {}, 2, true],
  ["inputs without a known end", one(), {}, undefined, true],
  ["one input, whose tries are counted", one(), {}, 1, false],
  ["a batch without retries", one(), { retry: false }, 2, false],
  ["a batch that waits for no outage", one(), { retry: { attempts: 3, outageMs: 0 } }, 2, false],
  ["an override, which judges its own calls", new Own(), {}, 2, false],
] as const)("P42 failures of %s are judged by other calls: %o", ([, subject, options, count, expected]) => {
  const given = { retry: { attempts: 3 }, ...options };
  expect(resolveOptions(subject, given, true, count).isPatient).toBe(expected);
});

it("a batch that retries has a limiter of its own, on its clock: a pause holds for all of its calls", () => {
  const clock = new FakeClock();
  const { limiter } = resolve(one(), { retry: { attempts: 2 }, clock });
  const call = { requests: 1, inputs: 1, tokens: 1 };
  limiter?.tryReserve?.(call)?.settle({ outcome: "limited", retryAfterMs: 5000 });
  void limiter?.reserve(call);
  expect(clock.nextInMs).toBe(5000);
  expect(resolve(one(), { retry: { attempts: 2 }, clock }).limiter).not.toBe(limiter);
});

it("equal inputs are told by what `dedupe` says", () => {
  const keyOf = (input: string): string => input;
  const object = {};
  expect(resolve(one(), { dedupe: true }).keyOf?.(object as never)).toBe(object);
  expect(resolve(one(), { dedupe: keyOf }).keyOf).toBe(keyOf);
  expect(resolve(one({ dedupe: keyOf })).keyOf).toBe(keyOf);
});

it("weights, their calibration, prices and look-ups are the Runnable's", () => {
  const weigh = (): object => ({ tokens: 1 });
  const price = { perMillionInputTokens: 2 };
  const { calibration, ...resolved } = resolve(one({ weigh, price, lookUp: true }));
  expect(resolved).toMatchObject({ weigh, price, lookUp: true });
  expect(calibration).toBe(calibrationOf(weigh));
});

it("limits of a request are the lower ones; an override of an array has none", () => {
  const subject = many({ request: { maxInputs: 10, maxTokens: 50 } });
  expect(resolve(subject, { request: { maxInputs: 20, maxBytes: 7 } }).limits).toEqual({
    maxInputs: 10,
    maxTokens: 50,
    maxBytes: 7,
  });
  expect(resolve(new Own(), { request: { maxInputs: 2 } }).limits.maxInputs).toBe(Infinity);
  expect(resolveOptions(new Own(), { request: { maxInputs: 2 } }, true, undefined).limits.maxInputs).toBe(2);
});

it("an override that may not be asked is none", () => {
  expect(resolveOptions(new Own(), {}, false, 2).strategy.kind).toBe("one");
});

it("a chain's stages come along", () => {
  const chain = one().pipe(one());
  expect(resolve(chain).chain).toMatchObject({ route: "fulfilled", stages: [expect.anything(), expect.anything()] });
});

it("clock and random numbers are the caller's; an adapter's own options are handed through", () => {
  const clock = new FakeClock();
  const random = (): number => 0.5;
  const options = { clock, random, dimensions: 9 } as BatchOptions;
  const resolved = resolve(one({ callOptions: ["dimensions"] }), options);
  expect([resolved.clock, resolved.random, resolved.callOptions]).toEqual([clock, random, { dimensions: 9 }]);
});

it("P14 inside of another call its permit comes along, and so do options that are not ours", () => {
  const permit = { semaphore: new Semaphore(1, undefined), isBorrowed: false, limiter: undefined, outer: undefined };
  const nested = resolve(one(), { [CALL_SLOT]: permit, dimensions: 9 } as BatchOptions);
  expect([nested.parent, nested.callOptions]).toEqual([permit, { dimensions: 9 }]);
  expect(resolve(one(), { [INSIDE]: one(), dimensions: 9 } as BatchOptions).callOptions).toEqual({ dimensions: 9 });
});

it.for([
  ["an unknown option", {}, { dimensions: 9 }, "Expected only known options, got `dimensions`."],
  ["an option of a wrong kind", {}, { maxConcurrency: 0 }, "Expected `maxConcurrency` to be"],
  ["no options", {}, null, "Expected `options` to be an object, got null."],
  ["a wrong setting", { timeoutMs: 0 }, {}, "Expected `settings.timeoutMs` to be"],
] as const)("refuses %s", ([, settings, options, message]) => {
  const subject = Object.assign(Object.create(one()) as Runnable<string, string>, { settings });
  expect(() => resolve(subject, options as BatchOptions)).toThrow(message);
});

it.for([
  ["a limiter is shared and the Runnable asks for it", many({ request: { size: "learned" } }), {}, true],
  ["the caller asks for it", many(), { request: { size: "learned" } }, true],
  ["the caller wants full requests", many({ request: { size: "learned" } }), { request: { size: "full" } }, false],
  ["neither asks", many({ request: { maxInputs: 5 } }), {}, false],
  ["a call takes one input", one({ request: { size: "learned" } }), {}, false],
  ["a batch is overridden", Object.assign(new Own(), { settings: { request: { size: "learned" } } }), {}, false],
] as const)("P55 the size of requests is learned, where %s: %s", ([, subject, options, isLearned]) => {
  expect(resolve(subject, { ...options, limiter: rateLimiter() }).size !== undefined).toBe(isLearned);
  expect(resolve(subject, options).size).toBeUndefined();
});
