import { expect, it } from "vitest";
import { chunkOf, type CollectingSink, stageParts, type StageParts } from "../../test/engine-parts.ts";
import { range, turn } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { BatchwiseError, InputError, ProviderError, TimeoutError } from "../contract/errors.ts";
import type { Demand, RateLimiter } from "../contract/rate-limiter.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import type { AnyBatchRun } from "../engine/batch-run.ts";
import type { SyncSource } from "../engine/intake/source.ts";
import { Bisect } from "./bisect.ts";
import type { Failure } from "./failure.ts";
import { Retry } from "./retry.ts";
import { Survey } from "./survey.ts";

const BAD = new InputError("no");
const VAGUE = new Error("no");
const TOO_LARGE = new BatchwiseError("no", { code: "request_too_large" });
const REFUSED = new ProviderError("no", { code: "authentication", retryable: false });
const DRAINED = { status: "drained", reason: VAGUE } as const;

/** Backend of numbers: gives each back, or throws. */
type Backend = (inputs: readonly number[], batch: AnyBatchRun) => readonly unknown[];
const echo: Backend = (inputs) => inputs;

const failing =
  (error: Error): Backend =>
  () => {
    throw error;
  };

/** Backend that refuses every call with one of these inputs in it. */
const refusing =
  (bad: readonly number[], error: Error = BAD): Backend =>
  (inputs, batch) =>
    (inputs.some((input) => bad.includes(input)) ? failing(error) : echo)(inputs, batch);

/** Failure of the first call, for all of the inputs. */
function failed(size: number, error: Error = BAD): Failure<number> {
  return { chunk: chunkOf(range(size)), error, isWhole: true };
}

interface Found {
  /** Inputs of each call in few words: "0-3 4" for 0 to 3, and then 4. */
  readonly calls: string;
  /** Indexes in the order in which they were rejected, and the number of all that have an outcome. */
  readonly rejected: readonly number[];
  readonly settled: number;
  /** The most calls in flight at once. */
  readonly peak: number;
  readonly sink: CollectingSink<number, unknown>;
  readonly batch: AnyBatchRun;
}

/** Searches for what made a call of a batch fail. The batch has taken all of its inputs; with `more`, it has others. */
async function search(
  failure: Failure<number>,
  backend: Backend,
  options: BatchOptions = {},
  more: number = 0,
): Promise<Found> {
  const calls: string[] = [];
  let [inFlight, peak] = [0, 0];
  const subject = bulkRunnable<number, unknown>(async (inputs) => {
    calls.push(inputs.length === 1 ? `${inputs[0]}` : `${inputs[0]}-${inputs.at(-1)}`);
    peak = Math.max(peak, ++inFlight);
    await turn();
    inFlight--;
    return backend(inputs, parts.batch);
  });
  const { size } = failure.chunk;
  const given = { maxConcurrency: 4, ...options };
  const parts: StageParts<number, unknown> = stageParts(subject, range(size + more), given);
  for (let taken = 0; taken < size; taken++) (parts.source as SyncSource<number>).advance();
  const { admission, batch, caller, context, intake, settler, sink } = parts;
  const retry = new Retry(context, admission, caller, settler);
  await new Bisect(batch, intake, retry, settler, new Survey(context, intake, retry, settler), size).run(failure);
  return { calls: calls.join(" "), rejected: sink.rejected, settled: sink.outcomes.length, peak, sink, batch };
}

it.for(range(16))("P36 the bad input at %i of 16 is found in at most 8 calls, and harms no other", async (bad) => {
  const { calls, sink } = await search(failed(16), refusing([bad]), {}, 1);
  expect(calls.split(" ").length).toBeLessThanOrEqual(8);
  expect(sink.slots).toEqual(range(16).with(bad, BAD as never));
});

it.for([
  ["the half that is known to be bad is not sent again", [5], 8, BAD, "0-3 4-5 4 5 6-7"],
  ["nothing is given up that has not been sent alone", [7], 8, BAD, "0-3 4-5 6 7"],
  ["what was not tested goes out with all that is untested", [0], 8, BAD, "0-3 0-1 0 1 2-7"],
  ["where there may be an outage it does not", [0], 8, VAGUE, "0-3 0-1 0 1 2-3 4-7"],
  ["where that fails, less goes out next", [0, 9], 16, BAD, "0-7 0-3 0-1 0 1 2-15 2-8 9-11 9 10-11 12-15"],
  ["then more", [0, 1, 2, 9], 16, BAD, "0-7 0-3 0-1 0 1 2-15 2-8 2-4 2 3-4 5-15 5-9 5-6 7 8 9 10-14 15"],
  ["all are found", range(8), 8, BAD, "0-3 0-1 0 1 2-7 2-4 2 3-4 3 4 5 6 7"],
] as const)("P36 %s: %j of %i", async ([, bad, size, error, calls]) => {
  expect(await search(failed(size, error), refusing(bad, error), {}, 1)).toMatchObject({
    calls,
    rejected: bad,
    settled: size,
  });
});

it("P55 at the end of a batch the quarters of what is bad go out at once", async () => {
  const found = await search(failed(8), refusing([0]));
  expect(found).toMatchObject({ calls: "0-1 2-3 4-5 6-7 0 1", peak: 4, rejected: [0], settled: 8 });
});

const reserve: RateLimiter["reserve"] = async () => ({ settle: () => undefined });

it.for([
  ["more is to be sent", {}, 1, BAD],
  ["a limit is near", { limiter: { reserve, waitMs: () => 1 } }, 0, BAD],
  ["it is not sure that inputs are to blame", {}, 0, VAGUE],
] as const)("where %s, the search takes one way", async ([, options, more, error]) => {
  const found = await search(failed(16, error), refusing([0, 9], error), options, more);
  expect(found).toMatchObject({ peak: 1, rejected: [0, 9], settled: 16 });
});

it("near the end of a batch that waits for limits, untested inputs go out in small parts", async () => {
  const limiter = { reserve, waitMs: ({ inputs }: Demand) => inputs * 10 };
  const { calls } = await search(failed(200), refusing([0]), { limiter });
  expect(calls).toMatch(/ 1-2 3-27 28-49 50-68 69-85 86-101 102-117 .* 166-181 182-199$/);
});

it("what a hook throws in a part that was sent aside is thrown at the end", async () => {
  let ended = 0;
  const onRequest = (): void => {
    if (++ended === 2) throw VAGUE;
  };
  await expect(search(failed(8), refusing([0]), { onRequest })).rejects.toBe(VAGUE);
});

it("P36 where the bad input is named, what is left goes out at once", async () => {
  const named =
    (bad: number): Backend =>
    (inputs, batch) =>
      (inputs.includes(bad) ? failing(new InputError("no", { position: inputs.indexOf(bad) })) : refusing([6]))(
        inputs,
        batch,
      );
  expect(await search({ ...failed(8), isUnsent: true }, named(5), {}, 1)).toMatchObject({
    calls: "0-7 0-7 5 0-2 3-4 6 7",
    rejected: [5, 6],
    settled: 8,
  });
  expect(await search(failed(8), named(1), {}, 1)).toMatchObject({
    calls: "0-3 0-3 4-7 4-5 6 7",
    rejected: [1, 6],
    settled: 8,
  });
});

it.for([
  ["one input has nothing to search in", failed(1)],
  ["what can be tried again has been", failed(8, new TimeoutError("no"))],
  ["nothing can succeed", failed(8, REFUSED)],
  ["the answer is malformed", failed(8, new BatchwiseError("no", { code: "invalid_result" }))],
  ["nothing is left", failed(0)],
] as const)("where %s, all is given up without a call", async ([, failure]) => {
  const { size } = failure.chunk;
  expect(await search(failure, echo)).toMatchObject({ calls: "", rejected: range(size), settled: size });
});

it("items that failed apart have each its own error, without a call; one that ends everything ends the batch", async () => {
  const failure = { ...failed(3), errors: [VAGUE, REFUSED], isWhole: false };
  const { calls, sink, batch } = await search(failure, echo);
  expect([calls, sink.slots]).toEqual(["", [VAGUE, REFUSED, BAD]]);
  expect(batch.draining.reason).toBe(REFUSED);
});

it("of an error that says nothing, about 2 log2(k) calls in a row without a success are enough", async () => {
  const found = await search(failed(8, VAGUE), failing(VAGUE), {}, 1);
  expect(found).toMatchObject({ calls: "0-3 0-1 0 1 2-3 2 3", rejected: range(8), settled: 8 });
});

it("as long as there are successes, an error that says nothing is searched for", async () => {
  const bad = [3, 11, 19, 27, 35, 43, 51, 59];
  expect(await search(failed(64, VAGUE), refusing(bad, VAGUE), {}, 1)).toMatchObject({ rejected: bad, settled: 64 });
});

it.for<[string, (inputs: readonly number[]) => boolean, number[], string]>([
  ["goes out in parts", (inputs) => inputs.length > 4, [], "0-7 0-3 4-7 8-11 12-15"],
  ["by one input is given up alone", (inputs) => inputs.includes(9), [9], "0-7 8-15 8-11 8-9 8 9 10-11 12-15"],
])("P37 a request that is too large %s", async ([, isTooLarge, rejected, calls]) => {
  const backend: Backend = (inputs, batch) => (isTooLarge(inputs) ? failing(TOO_LARGE) : echo)(inputs, batch);
  expect(await search(failed(16, TOO_LARGE), backend, {}, 1)).toMatchObject({ calls, rejected, settled: 16 });
});

it.for([
  ["L12 once the batch ends nothing is sent, and what has no outcome keeps none", DRAINED, "0-7 0-3", []],
  ["P24 an error that ends everything ends the search", undefined, "0-7", range(8)],
] as const)("%s", async ([, stop, calls, rejected]) => {
  let count = 0;
  const backend: Backend = (inputs, batch) => {
    if (stop === undefined) throw REFUSED;
    if (++count === 2) batch.end(stop, "drain");
    return refusing([0])(inputs, batch);
  };
  expect(await search(failed(16), backend, {}, 1)).toMatchObject({ calls, rejected, settled: rejected.length });
});
