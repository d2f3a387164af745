import { expect, it } from "vitest";
import { chunkOf, stageParts, type StageParts } from "../../test/engine-parts.ts";
import { range } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { InputError, ProviderError } from "../contract/errors.ts";
import type { Inputs } from "../contract/runnable.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { SyncSource } from "../engine/intake/source.ts";
import { Retry } from "./retry.ts";
import { Survey } from "./survey.ts";

const BAD = new InputError("no");
const KEY = new ProviderError("no", { code: "authentication", status: 401, retryable: false });

interface Asked extends StageParts<number, number> {
  readonly survey: Survey<number, number>;
  /** Inputs of each call. */
  readonly calls: number[][];
  /** A request for these inputs is refused, and it is asked about. Returns the inputs that are left of it. */
  readonly refuse: (inputs: readonly number[]) => Promise<readonly number[]>;
}

/** Survey of a batch of which `pulled` inputs have been taken, before a backend that refuses some with an error. */
function asking(
  isBad: (input: number) => boolean,
  inputs: Inputs<number> = range(1000),
  pulled: number = 10,
  error: Error = BAD,
): Asked {
  const calls: number[][] = [];
  const subject = bulkRunnable<number, number>(async (request) => {
    calls.push([...request]);
    if (request.some(isBad)) throw error;
    return request;
  });
  const parts = stageParts<number, number>(subject, inputs, { maxConcurrency: 9, retry: { attempts: 3 } });
  const { admission, caller, context, intake, settler, source } = parts;
  if (source.inputs !== undefined)
    for (let taken = 0; taken < pulled; taken++) (source as SyncSource<number>).advance();
  const survey = new Survey(context, intake, new Retry(context, admission, caller, settler), settler);
  const refuse: Asked["refuse"] = async (request) => {
    const chunk: Chunk<number> = chunkOf(request, request[0]);
    settler.health.fail(chunk, error, settler.count);
    return (await parts.clock.run(survey.clear(chunk))).inputs;
  };
  return { ...parts, survey, calls, refuse };
}

it("P49 below five refusals nothing is asked", async () => {
  const { calls, refuse } = asking(() => true);
  for (const input of range(4)) expect(await refuse([input])).toEqual([input]);
  expect(calls).toEqual([]);
});

it("P49 at the fifth, five inputs are asked alone, far apart, ahead of their turn", async () => {
  const { calls, refuse, sink } = asking((input) => input < 10);
  for (const input of range(5)) await refuse([input]);
  expect(calls.map((call) => call.length)).toEqual([1, 1, 1, 1, 1]);
  const places = calls.flat().toSorted((left, right) => left - right);
  expect(places[0]).toBeGreaterThanOrEqual(10);
  expect((places.at(-1) as number) - (places[0] as number)).toBeGreaterThan(500);
  expect(sink.rejected).toEqual([]);
  expect(sink.outcomes.map(([index, input, value]) => index === input && input === value)).not.toContain(false);
});

it("P49 where all are refused alike, the run ends with one error, and those asked keep their own", async () => {
  const { batch, refuse, settler, sink } = asking(() => true);
  for (const input of range(5)) await refuse([input]);
  expect([batch.isEnding, settler.health.isInDoubt]).toEqual([true, false]);
  const reason = batch.draining.reason as ProviderError;
  expect(reason.message).toContain("Expected some inputs to get through, got the same failure for 10 in a row");
  expect([reason.code, reason.retryable, reason.cause]).toEqual(["invalid_argument", false, BAD]);
  expect(sink.outcomes.map(([, , result]) => result)).toEqual([BAD, BAD, BAD, BAD, BAD]);
});

it("P47 a key that is refused for all is called so", async () => {
  const { batch, refuse, settler } = asking(() => true, range(1000), 10, KEY);
  settler.health.pass(chunkOf([9], 9));
  for (const input of range(5)) await refuse([input]);
  expect(batch.draining.reason).toMatchObject({ code: "authentication", status: 401, cause: KEY });
});

it("P47 where one passes, the run goes on, and is asked again only after twice as many", async () => {
  const { batch, calls, refuse, settler } = asking((input) => input < 50);
  for (const input of range(5)) await refuse([input]);
  expect([batch.isEnding, settler.health.isInDoubt, calls.length]).toEqual([false, false, 5]);
  let more = 0;
  for (; calls.length === 5; more++) await refuse([more]);
  expect(more).toBeGreaterThanOrEqual(10);
  expect(more).toBeLessThanOrEqual(20);
});

it("while it is asked, others wait, and are not asked for", async () => {
  const { calls, clock, settler, survey } = asking((input) => input < 10);
  const chunks = range(6).map((input) => chunkOf([input], input));
  for (const chunk of chunks) settler.health.fail(chunk, BAD, 0);
  await clock.run(Promise.all(chunks.map((chunk) => survey.clear(chunk))));
  expect(calls).toHaveLength(5);
});

it("P49 where nothing can be asked ahead, five of a large request are, and they are settled", async () => {
  const { batch, calls, refuse, sink } = asking((input) => input !== 51, range(100), 100);
  const left = await refuse(range(100));
  expect(calls).toHaveLength(5);
  expect(left).toHaveLength(95);
  expect(sink.outcomes).toHaveLength(5);
  expect(batch.isEnding).toBe(true);
});

it("P49 in a small request nine that are refused are enough, too", async () => {
  const { batch, calls, refuse, sink } = asking(() => true, range(20), 20);
  expect(await refuse(range(20))).toHaveLength(11);
  expect(calls.map((call) => call.length)).toEqual(range(9).map(() => 1));
  expect([batch.isEnding, sink.outcomes.length]).toEqual([true, 9]);
});

it("P49 one that passes among these is enough to go on", async () => {
  const { batch, calls, refuse } = asking((input) => input !== 12, range(20), 20);
  const left = await refuse(range(20));
  expect([calls.length, left.length, batch.isEnding]).toEqual([9, 11, false]);
});

it("P47 from a lazy source five are asked ahead of their turn, too, far apart within what may be read", async () => {
  const { batch, calls, refuse, source } = asking(() => true, range(1000).values(), 0);
  for (const input of range(5)) await refuse([input]);
  expect(calls).toEqual([[100], [139], [178], [216], [255]]);
  expect([batch.isEnding, source.pulled]).toEqual([true, 256]);
});
