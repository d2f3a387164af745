import { expect, it } from "vitest";
import { chunkOf, engineParts, type EngineParts } from "../../test/engine-parts.ts";
import { range } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { factsOf } from "../contract/error-facts.ts";
import { BatchwiseError, InputError, ProviderError, ResultError, TimeoutError } from "../contract/errors.ts";
import type { OutageFacts, RateLimiter } from "../contract/rate-limiter.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { SyncSource } from "../engine/intake/source.ts";
import type { Judgment } from "./failure.ts";
import { Judge } from "./judge.ts";

const DOWN = new ProviderError("no", { status: 503, retryable: true });
const LIMITED = new ProviderError("no", { code: "rate_limited", status: 429, retryable: true });
const BAD = new InputError("no");
const WRONG = new ResultError("no");
const REFUSED = new ProviderError("no", { code: "authentication", status: 401, retryable: false });
const SPENT = new ProviderError("no", { code: "quota_exceeded", status: 429, retryable: false });
const TOO_LARGE = new BatchwiseError("no", { code: "request_too_large" });
const asks = (retryAfterMs: number): Error =>
  new ProviderError("no", { code: "rate_limited", retryable: true, retryAfterMs });

interface Judged extends EngineParts<number, number> {
  readonly health: Judge;
  /** A call for these inputs fails. Returns what follows. */
  readonly fail: (chunk: Chunk<number>, error?: Error) => Judgment;
  /** A call for other inputs brings a result. */
  readonly pass: () => void;
}

/** Health of a batch of ten inputs that have all been taken; with an outage, if it is said. */
function judged(options: BatchOptions = {}, outage?: OutageFacts, pulled: number = 10): Judged {
  const limiter: RateLimiter = { reserve: async () => ({ settle: () => undefined }), outage };
  const given = { retry: { attempts: 3 }, limiter, ...options };
  const parts = engineParts<number, number>(
    bulkRunnable(async (inputs) => inputs),
    range(10),
    given,
  );
  for (let taken = 0; taken < pulled; taken++) (parts.source as SyncSource<number>).advance();
  const health = new Judge(parts.context);
  const fail: Judged["fail"] = (chunk, error = DOWN) => {
    chunk.attempts++;
    health.fail(chunk, error, 0);
    return health.judge({ chunk, error, isWhole: true });
  };
  return { ...parts, health, fail, pass: () => health.pass(chunkOf([9], 9)) };
}

const OUTAGE: OutageFacts = { since: 0, until: 500 };

it.for([
  ["P41 a provider that fails", [0], DOWN, "try"],
  ["P41 a provider that fails at many", [0, 1, 2], DOWN, "try"],
  ["P43 a refusal by a rate limit", [0, 1, 2], LIMITED, "wait"],
  ["P41 one input that takes too long", [0], new TimeoutError("no"), "try"],
  ["P41 many inputs that take too long", [0, 1, 2], new TimeoutError("no"), "over"],
  ["P48 an answer of the wrong shape", [0, 1, 2], WRONG, "try"],
  ["P36 a bad input", [0, 1, 2], BAD, "over"],
  ["P37 a request that is too large", [0, 1, 2], TOO_LARGE, "over"],
  ["P50 a spent quota", [0], SPENT, "over"],
  ["P45 a wait of a day", [0], asks(86_400_000), "over"],
  ["P45 a wait of ten minutes", [0], asks(600_000), "wait"],
] as const)("%s: %j, %s, then %s", ([, inputs, error, expected]) => {
  expect(judged().fail(chunkOf(inputs), error)).toBe(expected);
});

it.for([
  ["without retries nothing is tried again", { retry: false }, DOWN, "over"],
  ["what `shouldRetry` refuses is not", { retry: { attempts: 3, shouldRetry: (): boolean => false } }, DOWN, "over"],
  ["what `shouldRetry` wants is", { retry: { attempts: 3, shouldRetry: (): boolean => true } }, new Error("no"), "try"],
  ["a refusal uses up a try where no outage is waited for", { retry: { attempts: 3, outageMs: 0 } }, LIMITED, "try"],
] as const)("%s", ([, options, error, expected]) => {
  expect(judged(options).fail(chunkOf([0, 1]), error)).toBe(expected);
});

it("tries come to an end; waits are none", () => {
  const { fail } = judged();
  const chunk = chunkOf([0]);
  expect(fail(chunk)).toBe("try");
  chunk.retries = 2;
  expect(fail(chunk)).toBe("over");
  expect(fail(chunk, LIMITED)).toBe("wait");
});

it("P42 in an outage no failure uses up a try", () => {
  const { fail } = judged({}, OUTAGE);
  const chunk = chunkOf([0]);
  chunk.retries = 2;
  expect([fail(chunk), fail(chunkOf([1], 1)), fail(chunk)]).toEqual(["wait", "wait", "wait"]);
});

it("P41 not of an input that fails while others pass", () => {
  const { fail, pass } = judged({}, OUTAGE);
  const chunk = chunkOf([0]);
  fail(chunk);
  pass();
  expect(fail(chunk)).toBe("try");
});

it("P41 many inputs that fail twice while others pass are sent in parts", () => {
  const { fail, pass } = judged();
  const chunk = chunkOf([0, 1, 2]);
  expect(fail(chunk)).toBe("try");
  expect(fail(chunk)).toBe("try");
  pass();
  expect(fail(chunk)).toBe("over");
});

it("the last two inputs of a batch may each be bad: their tries are counted", () => {
  const { fail, health } = judged({}, OUTAGE);
  const chunk = chunkOf([9], 9);
  health.fail(chunk, DOWN, 8);
  expect(health.judge({ chunk, error: DOWN, isWhole: true })).toBe("try");
  expect(fail(chunkOf([0]))).toBe("wait");
});

it.for([
  ["two minutes where nothing ever got through", false, undefined, 120_000],
  ["15 minutes after a result", true, undefined, 900_000],
  ["`outageMs`, where that is less", false, 60_000, 60_000],
  ["`outageMs` after a result", true, 3_600_000, 3_600_000],
] as const)("P42 the run ends after %s", async ([, passes, outageMs, expected]) => {
  const { clock, fail, health, pass } = judged({ retry: { attempts: 3, outageMs } }, OUTAGE);
  if (passes) pass();
  for (const index of range(4)) fail(chunkOf([index], index));
  expect(health.boundMs).toBe(expected);
  await clock.advance(expected - 1);
  expect(fail(chunkOf([4], 4))).toBe("wait");
  await clock.advance(1);
  expect(fail(chunkOf([5], 5))).toBe("end");
});

it("P43 refusals by a rate limit alone end it, too, and the waits that they ask for do not count", async () => {
  const { clock, fail } = judged();
  fail(chunkOf([0]), asks(60_000));
  fail(chunkOf([1], 1), asks(60_000));
  await clock.advance(120_000);
  expect(fail(chunkOf([2], 2), LIMITED)).toBe("wait");
  await clock.advance(60_000);
  expect(fail(chunkOf([3], 3), LIMITED)).toBe("end");
});

it("P48 a wrong answer has two further tries, whatever else has failed", () => {
  const { fail } = judged({ retry: { attempts: 9 } });
  const chunk = chunkOf([0]);
  expect([WRONG, DOWN, WRONG, WRONG].map((error) => fail(chunk, error))).toEqual(["try", "try", "try", "over"]);
});

it("P43 a request that is refused for two minutes while others pass is sent in parts", async () => {
  const { clock, fail, pass } = judged();
  const chunk = chunkOf([0, 1, 2]);
  const judgments: Judgment[] = [];
  for (let refusals = 0; refusals < 5; refusals++) {
    judgments.push(fail(chunk, LIMITED));
    pass();
    await clock.advance(40_000);
  }
  expect(judgments).toEqual(["wait", "wait", "wait", "over", "over"]);
});

it("P47 a refused key is fatal until something got through; a spent quota always is", () => {
  const { health, pass } = judged();
  const fatal = (): boolean[] => [REFUSED, SPENT, BAD].map((error) => health.isFatal(factsOf(error)));
  expect(fatal()).toEqual([true, true, false]);
  pass();
  expect(fatal()).toEqual([false, true, false]);
});

it("P45 three waits in a row of more than is obeyed are fatal, and fewer are not", () => {
  const { health, fail, pass } = judged();
  const isFatal = (): boolean => health.isFatal(factsOf(asks(700_000)));
  for (const index of [0, 1]) fail(chunkOf([index], index), asks(700_000));
  expect(isFatal()).toBe(false);
  pass();
  for (const index of [2, 3]) fail(chunkOf([index], index), asks(700_000));
  expect(isFatal()).toBe(false);
  fail(chunkOf([4], 4), asks(700_000));
  expect(isFatal()).toBe(true);
});

it("P49 five inputs in a row that are refused alike raise the doubt, and a result ends it", () => {
  const { health, fail, pass } = judged();
  const doubts = range(5).map((index) => {
    fail(chunkOf([index], index), BAD);
    return health.isInDoubt;
  });
  expect(doubts).toEqual([false, false, false, false, true]);
  pass();
  expect(health.isInDoubt).toBe(false);
});

it.for<[string, (index: number) => Error, (index: number) => number]>([
  ["by different words", (index) => (index % 2 === 0 ? BAD : REFUSED), (index) => index],
  ["of one and the same input", () => BAD, () => 0],
  ["that are failures of the provider", () => DOWN, (index) => index],
  ["by a rate limit", () => LIMITED, (index) => index],
])("P49 refusals %s raise none", ([, error, place]) => {
  const { health, fail } = judged();
  for (const index of range(9)) fail(chunkOf([place(index)], place(index)), error(index));
  expect(health.isInDoubt).toBe(false);
});

it("P49 requests that are too large raise it at the fifth, where nothing ever got through, and single inputs as others do", () => {
  const [many, later, single] = [judged(), judged(), judged()];
  later.pass();
  for (const index of range(5)) {
    expect([many, single].map(({ health }) => health.isInDoubt)).toEqual([false, false]);
    for (const { fail } of [many, later]) fail(chunkOf([index, index + 10], index), TOO_LARGE);
    single.fail(chunkOf([index], index), TOO_LARGE);
  }
  expect([many, later, single].map(({ health }) => health.isInDoubt)).toEqual([true, false, true]);
});

it("P49 a large first request that is refused raises it at once, where nothing ever got through", () => {
  const [first, later] = [judged(), judged()];
  first.fail(chunkOf(range(8)), BAD);
  expect(first.health.isInDoubt).toBe(true);
  later.pass();
  later.fail(chunkOf(range(8)), BAD);
  expect(later.health.isInDoubt).toBe(false);
});

it.for([
  [[0, 1], "over"],
  [[0], "wait"],
] as const)(
  "P43 of inputs that a limit refuses before any passed, only more than one may be too heavy: %j",
  (given) => {
    const [indexes, judgment] = given;
    const { fail, health } = judged();
    const chunk = chunkOf([...indexes]);
    chunk.failing = { ...health.begin(), isAsked: true };
    expect([fail(chunk, LIMITED), fail(chunk, LIMITED), fail(chunk, LIMITED)]).toEqual(["wait", "wait", judgment]);
  },
);
