import { expect, it } from "vitest";
import { chunkOf } from "../../test/engine-parts.ts";
import { type ErrorFacts, factsOf } from "../contract/error-facts.ts";
import { BatchwiseError, type ErrorCode, InputError, ProviderError, TimeoutError } from "../contract/errors.ts";
import type { ResolvedRetry } from "../engine/resolve/resolve-options.ts";
import { attemptsWhere, backoffMs, blamesOne, isWorthSplitting, mayRetry } from "./retry-policy.ts";

const RETRY: ResolvedRetry = {
  attempts: 3,
  minDelayMs: 100,
  maxDelayMs: 5000,
  factor: 2,
  jitter: 0,
  maxRetryAfterMs: 60_000,
  outageMs: 0,
};
const VAGUE = new Error("no");

/** Error of a provider that could be tried again, but for its code. */
const coded = (code: ErrorCode, status?: number): Error => new ProviderError("no", { code, status, retryable: true });
const asks = (retryAfterMs: number): Error => new ProviderError("no", { retryable: true, retryAfterMs });

/** Chunk that has been tried again as often. */
function tried(retries: number): ReturnType<typeof chunkOf> {
  const chunk = chunkOf<unknown>(["a"]);
  chunk.retries = retries;
  return chunk;
}

it("tries are used up after as many calls as were allowed, the first included", () => {
  expect([0, 1, 2, 3].map((retries) => mayRetry(tried(retries), VAGUE, RETRY))).toEqual([true, true, false, false]);
  expect(mayRetry(tried(0), VAGUE, { ...RETRY, attempts: 1 })).toBe(false);
  expect(mayRetry(tried(1e9), VAGUE, { ...RETRY, attempts: Infinity })).toBe(true);
  expect(mayRetry(tried(0), VAGUE, undefined)).toBe(false);
});

it.for([
  ["says nothing", VAGUE, true],
  ["timed out", new TimeoutError("no"), true],
  ["is about the input", new InputError("no"), false],
  ["has a status that may pass", Object.assign(new Error("no"), { status: 503 }), true],
  ["has a status that stays", Object.assign(new Error("no"), { status: 404 }), false],
] as const)("P30 an error that %s is worth another call: %s", ([, error, expected]) => {
  expect(mayRetry(tried(0), error, RETRY)).toBe(expected);
  const inverse = { ...RETRY, shouldRetry: (each: Error) => each === error && !expected };
  expect(mayRetry(tried(0), error, inverse)).toBe(!expected);
});

it.for([
  ["P24", "a spent quota", coded("quota_exceeded")],
  ["P24", "a refused key", coded("authentication")],
  ["P37", "a request that is too large", coded("request_too_large")],
  ["P23", "a wait beyond the cap", asks(60_001)],
] as const)("%s %s is never tried again, whatever `shouldRetry` says", ([, , error]) => {
  expect(mayRetry(tried(0), error, { ...RETRY, shouldRetry: () => true })).toBe(false);
});

it("P23 a wait up to the cap is obeyed", () => {
  expect(mayRetry(tried(0), asks(60_000), RETRY)).toBe(true);
});

it.for([
  ["a spent quota", coded("quota_exceeded"), false, false],
  ["P47 a refused key", new ProviderError("no", { code: "authentication", status: 401, retryable: false }), true, true],
  ["a malformed answer", new BatchwiseError("no", { code: "invalid_result" }), false, false],
  ["a wrong argument", new BatchwiseError("no", { code: "invalid_argument" }), false, false],
  ["a request that is too large, though it could be tried again", coded("request_too_large", 429), true, true],
  ["an error that can be tried again", new TimeoutError("no"), false, false],
  ["a server's fault", Object.assign(new Error("no"), { status: 500 }), false, false],
  ["a bad input", new InputError("no"), true, true],
  ["a status about what was sent", Object.assign(new Error("no"), { status: 422 }), true, true],
  ["an error that says nothing", VAGUE, false, true],
] as const)("P36 after %s a chunk is worth splitting: %s without hope, %s with it", ([, error, without, hopeful]) => {
  expect(isWorthSplitting(factsOf(error), false)).toBe(without);
  expect(isWorthSplitting(factsOf(error), true)).toBe(hopeful);
});

it("a request that is too large blames no single input", () => {
  const facts = (code: ErrorCode): ErrorFacts => factsOf(new BatchwiseError("no", { code }));
  expect([facts("invalid_input"), facts("request_too_large"), facts("unknown")].map(blamesOne)).toEqual([
    true,
    false,
    false,
  ]);
});

it("a backoff doubles, up to the longest", () => {
  const waits = [0, 1, 2, 5, 6, 1000].map((retries) => backoffMs(tried(retries), [VAGUE], RETRY, () => 0.5));
  expect(waits).toEqual([100, 200, 400, 3200, 5000, 5000]);
  expect(backoffMs(tried(2), [VAGUE], { ...RETRY, factor: 3 }, () => 0)).toBe(900);
});

it("the first one of a last chunk is an eighth, and less than no wait that is asked for", () => {
  expect([0, 1].map((retries) => backoffMs(tried(retries), [VAGUE], RETRY, () => 0, true))).toEqual([12.5, 200]);
  expect(backoffMs(tried(0), [asks(30)], RETRY, () => 0, true)).toBe(30);
});

it.for([
  [0, 0.9, 400],
  [0.5, 0, 400],
  [0.5, 0.5, 300],
  [1, 0.75, 100],
] as const)("with a jitter of %d and a random number of %d, 400 ms are %d", ([jitter, random, expected]) => {
  expect(backoffMs(tried(2), [VAGUE], { ...RETRY, jitter }, () => random)).toBe(expected);
});

it("P22 P44 the longest wait holds, of those that were asked for and a backoff of our own", () => {
  expect(backoffMs(tried(0), [asks(7), VAGUE, asks(300)], RETRY, () => 0)).toBe(300);
  expect(backoffMs(tried(0), [asks(0), VAGUE, asks(30)], RETRY, () => 0)).toBe(100);
  expect(backoffMs(tried(0), [VAGUE, asks(50_000)], RETRY, () => 0)).toBe(50_000);
});

it("P42 an input is lost by chance as rarely where a third of all calls fails as where a tenth does", () => {
  expect([0, 0.05, 0.1].map((share) => attemptsWhere(share, 6))).toEqual([6, 6, 6]);
  for (const share of [0.15, 0.2, 0.3, 0.4]) expect(share ** attemptsWhere(share, 6)).toBeCloseTo(0.1 ** 6, 12);
});
