import { expect, it } from "vitest";
import { ArgumentError } from "./errors.ts";
import { checkAll, CLOCK, COUNT, NOT_NEGATIVE, OPTIONS, POSITIVE, SETTINGS } from "./option-checks.ts";

const NAN = Number.NaN;
const SCHEMA = { "~standard": { version: 1, vendor: "none", validate: () => ({ value: 1 }) } };
const signal = new AbortController().signal;
const call = (): void => undefined;

/** Message with which `values` are refused; undefined where they pass. */
function refusal(
  values: object,
  checks: typeof OPTIONS | typeof SETTINGS = OPTIONS,
  own?: string[],
): string | undefined {
  try {
    checkAll(checks === OPTIONS ? "options" : "settings", values, checks, own);
    return undefined;
  } catch (error) {
    return ArgumentError.isInstance(error) ? error.message : "an error of another class";
  }
}

it.for([
  ["COUNT", COUNT, [1, 2, Infinity], [0, -1, 1.5, NAN, -Infinity, "1", null, 1n]],
  ["POSITIVE", POSITIVE, [0.1, 1, Infinity], [0, -0, -1, NAN, "1", null]],
  ["NOT_NEGATIVE", NOT_NEGATIVE, [0, 0.1, Infinity], [-0.1, NAN, "0", null]],
  ["CLOCK", CLOCK, [{ now: call, after: call }], [{ now: call }, { after: call }, { now: 1, after: 1 }, call, null]],
] as const)("%s takes what it says, and nothing else", ([, [, holds], good, bad]) => {
  expect(good.filter((value) => !holds(value))).toEqual([]);
  expect(bad.filter((value) => holds(value))).toEqual([]);
});

const BOTH: Readonly<Record<string, readonly [good: readonly unknown[], bad: readonly unknown[]]>> = {
  maxConcurrency: [
    [1, Infinity],
    [0, "5"],
  ],
  retry: [
    [false, {}, { attempts: 3, factor: 1, jitter: 0.5, shouldRetry: call }, { jitter: 0 }, { jitter: 1 }],
    [true, 3, null],
  ],
  timeoutMs: [[1], [0]],
  maxWaitMs: [[0], [-1]],
  request: [
    [{}, { maxInputs: 1, maxTokens: 0.5 }],
    [100, null],
  ],
  limiter: [[{ reserve: call }], [{}, call]],
  schema: [
    [SCHEMA, Object.assign(() => undefined, SCHEMA)],
    [{}, { "~standard": {} }, call, null, "zod"],
  ],
  dedupe: [
    [true, false, call],
    ["key", null],
  ],
};
const OPTION_VALUES: typeof BOTH = {
  ...BOTH,
  signal: [[signal], [new AbortController(), new EventTarget(), { aborted: false }]],
  report: [[call], [{}]],
  returnExceptions: [
    [true, false],
    [1, "true"],
  ],
  drain: [[signal], [true]],
  maxCost: [[0, Infinity], [-1]],
  maxTokens: [[0], [NAN]],
  onProgress: [[call], [true]],
  progressIntervalMs: [[0], [-1]],
  onFinish: [[call], [null]],
  onRetry: [[call], [{}]],
  onRequest: [[call], ["log"]],
  clock: [[{ now: call, after: call }], [Date]],
  random: [[call], [0.5]],
};
const SETTING_VALUES: typeof BOTH = {
  ...BOTH,
  weigh: [[call], [1]],
  price: [[{}], [0.02]],
  callOptions: [[[]], ["dimensions", {}]],
  jobs: [[call], [{}]],
  lookUp: [[true, false], [1]],
  middleware: [
    [[], [{ call }]],
    [{ call }, call],
  ],
};

it.for([
  ["option", OPTIONS, OPTION_VALUES],
  ["setting", SETTINGS, SETTING_VALUES],
] as const)("each %s takes what it is for, undefined, and nothing else", ([, checks, values]) => {
  expect(Object.keys(values).toSorted()).toEqual(Object.keys(checks).toSorted());
  for (const [name, [good, bad]] of Object.entries(values)) {
    for (const value of [undefined, ...good]) expect(refusal({ [name]: value }, checks)).toBeUndefined();
    for (const value of bad) expect(refusal({ [name]: value }, checks)).toContain(`${name}\` to be `);
  }
});

it.for([
  [{ retry: { attempts: 0 } }, "Expected `retry.attempts` to be a whole number from 1, or Infinity, got 0."],
  [{ retry: { factor: 0.9 } }, "Expected `retry.factor` to be a number from 1, got 0.9."],
  [{ retry: { jitter: 1.1 } }, "Expected `retry.jitter` to be a number from 0 to 1, got 1.1."],
  [{ retry: { jitter: -0.1 } }, "Expected `retry.jitter` to be a number from 0 to 1, got -0.1."],
  [{ retry: { minDelayMs: -1 } }, "Expected `retry.minDelayMs` to be a number from 0, got -1."],
  [{ retry: { maxDelayMs: "1" } }, "Expected `retry.maxDelayMs` to be a number from 0, got a string."],
  [{ retry: { maxRetryAfterMs: -1 } }, "Expected `retry.maxRetryAfterMs` to be a number from 0, got -1."],
  [{ retry: { shouldRetry: true } }, "Expected `retry.shouldRetry` to be a function, got true."],
  [{ request: { maxInputs: 1.5 } }, "Expected `request.maxInputs` to be a whole number from 1, or Infinity, got 1.5."],
  [{ request: { maxTokens: 0 } }, "Expected `request.maxTokens` to be a number above 0, got 0."],
  [{ request: { maxBytes: NAN } }, "Expected `request.maxBytes` to be a number above 0, got NaN."],
] as const)("names an option within an option: %o", ([values, message]) => {
  expect(refusal(values)).toBe(message);
});

it.for([
  ["the option that was meant", { max_concurrency: 5 }, "Did you mean `maxConcurrency`?"],
  ["the same within an option", { retry: { Attempts: 5 } }, "Did you mean `retry.attempts`?"],
  ["an adapter's own", { Dimensions: 5 }, "Did you mean `dimensions`?"],
  [
    "all that there are",
    { request: { k: 5 } },
    "Known: request.maxInputs, request.maxTokens, request.maxBytes, request.size.",
  ],
  ["a name that every object has", { toString: 5 }, "got `toString`."],
] as const)("an unknown option is refused with %s", ([, values, part]) => {
  expect(refusal(values, OPTIONS, ["dimensions"])).toContain(part);
});

it.for([
  ["concurrency", "Did you mean `maxConcurrency`?"],
  ["timeout", "Did you mean `timeoutMs`?"],
  ["abortSignal", "Did you mean `signal`?"],
  ["maxRetries", "Did you mean `retry: { attempts }`?"],
  ["batchSize", "Did you mean `request: { maxInputs }`?"],
] as const)("another library's option, %s, is refused with ours", ([name, hint]) => {
  expect(refusal({ [name]: 3 })).toBe(`Expected only known options, got \`${name}\`. ${hint}`);
});

it("the same holds in the settings of a Runnable, and within an option", () => {
  expect(refusal({ maxRetries: 3 }, SETTINGS)).toContain("Did you mean `settings.retry: { attempts }`?");
  expect(refusal({ timeout: 3 }, SETTINGS)).toContain("Did you mean `settings.timeoutMs`?");
  expect(refusal({ retry: { retries: 3 } })).toContain("Did you mean `retry.attempts`?");
  expect(refusal({ request: { batchSize: 3 } })).toContain("Did you mean `request.maxInputs`?");
});

it("a setting is named as one, and says nothing of an adapter's options", () => {
  expect(refusal({ maxconcurrency: 5 }, SETTINGS)).toBe(
    "Expected only known options, got `settings.maxconcurrency`. Did you mean `settings.maxConcurrency`?",
  );
  expect(refusal({ lookUp: 5 }, SETTINGS)).toBe("Expected `settings.lookUp` to be true or false, got 5.");
});

it("a further option goes to its taker, with its value", () => {
  const taken: unknown[] = [];
  const take = (name: string, value: unknown): boolean => taken.push([name, value]) > 0;
  checkAll("options", { maxConcurrency: 1, dimensions: 9, user: undefined }, OPTIONS, [], take);
  expect(taken).toEqual([
    ["dimensions", 9],
    ["user", undefined],
  ]);
});

it("P35 no message shows a value", () => {
  expect(refusal({ timeoutMs: "a secret" })).not.toContain("secret");
  expect(refusal({ retry: ["a secret"] })).not.toContain("secret");
  for (const values of ["a secret", null, undefined, 7, true])
    expect(refusal(values as never)).toMatch(
      /^Expected `options` to be an object, got (a string|null|undefined|7|true)\.$/,
    );
});
