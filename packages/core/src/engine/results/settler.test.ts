import { expect, it } from "vitest";
import { chunkOf, type CollectingSink, engineParts, type EngineParts } from "../../../test/engine-parts.ts";
import { turn } from "../../../test/regressions/held-backend.ts";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { InputError, ProviderError, ResultError, TimeoutError } from "../../contract/errors.ts";
import type { BatchOptions } from "../../contract/runnable.ts";
import type { Failure } from "../../recovery/failure.ts";
import { Unfinished } from "../resolve/call-strategy.ts";
import { Settler } from "./settler.ts";

const BULK = bulkRunnable<string, unknown>(async () => []);
const ONE = runnable<string, unknown>(async () => undefined);
const RETRY: BatchOptions = { retry: { attempts: 2 } };
const REFUSED = new ProviderError("no", { code: "authentication", status: 401, retryable: false });
/** An error that says nothing: it may be about one of the inputs, or an outage. */
const VAGUE = new Error("no");
const ABC = ["a", "b", "c"];

/** Settler of a stage, with what it settles and the batch in which it counts. */
function settling(
  options: BatchOptions = {},
  subject: typeof BULK = BULK,
): EngineParts<string, unknown> & { readonly settler: Settler<string, unknown> } {
  const parts = engineParts(subject, ABC, options);
  return { ...parts, settler: new Settler(parts.context) };
}

/** Indexes and results of what a sink was given. */
const results = (sink: CollectingSink<string, unknown>): (readonly [number, unknown])[] =>
  sink.outcomes.map(([index, , result]) => [index, result]);

const inputsOf = (failure: Failure<string> | undefined): readonly string[] | undefined => failure?.chunk.inputs;

it("an answer's results go to their inputs, in the very turn, and are counted", () => {
  const { settler, sink } = settling();
  void settler.place(chunkOf(ABC, 4), { value: [1, undefined, null] });
  expect(sink.outcomes).toEqual([
    [4, "a", 1],
    [5, "b", undefined],
    [6, "c", null],
  ]);
  expect(settler.count).toBe(3);
});

const MALFORMED = [[[1]], [[1, 2, 3, 4]], ["abc"], [undefined]];

it.for(MALFORMED)("P6 L13 of %j for three inputs none is used", async ([value]) => {
  const { settler, sink } = settling();
  expect(await settler.place(chunkOf(ABC), { value })).toBeUndefined();
  expect(sink.slots).toEqual([expect.any(ResultError), expect.any(ResultError), expect.any(ResultError)]);
});

it.for(MALFORMED)("P48 after %j for three inputs all of them have another chance", async ([value]) => {
  const { settler, sink } = settling(RETRY);
  const failure = await settler.place(chunkOf(ABC), { value });
  expect([inputsOf(failure), failure?.isWhole, sink.outcomes]).toEqual([ABC, true, []]);
  expect(failure?.error).toBeInstanceOf(ResultError);
});

it("P2 L6 an Error in a slot is that input's failure, now or with another chance", async () => {
  const { settler, sink } = settling(RETRY);
  const [bad, busy] = [new InputError("no"), new TimeoutError("no")];
  const failure = await settler.place(chunkOf(ABC, 4), { value: [bad, 2, busy] });
  expect(results(sink)).toEqual([
    [4, bad],
    [5, 2],
  ]);
  expect(failure).toMatchObject({ error: busy, errors: [busy], isWhole: false });
  expect([failure?.chunk.indexes, inputsOf(failure)]).toEqual([[6], ["c"]]);
});

it("without another chance every Error in a slot is final", async () => {
  const { settler, sink } = settling();
  expect(await settler.place(chunkOf(["a"]), { value: [VAGUE] })).toBeUndefined();
  expect(results(sink)).toEqual([[0, VAGUE]]);
});

it("what an override left unfinished has another chance, though there are no retries", async () => {
  const { settler, sink } = settling();
  const failure = await settler.place(chunkOf(ABC), { value: [1, new Unfinished(), new Unfinished()] });
  expect(inputsOf(failure)).toEqual(["b", "c"]);
  expect(failure?.errors).toHaveLength(2);
  expect(results(sink)).toEqual([[0, 1]]);
});

it("what `invoke` resolves to is an output, an Error and an array too", async () => {
  const { settler, sink } = settling({}, ONE);
  await settler.place(chunkOf(["a"]), { value: VAGUE });
  await settler.place(chunkOf(["b"], 1), { value: [1, 2] });
  expect([sink.slots, sink.rejected]).toEqual([[VAGUE, [1, 2]], []]);
});

it("a schema checks and transforms what came through, and not what failed", async () => {
  const seen: unknown[] = [];
  const validate = (value: unknown): object => {
    seen.push(value);
    return value === 2 ? { issues: [{ message: "not 2" }] } : { value: `<${String(value)}>` };
  };
  const schema = { "~standard": { version: 1, vendor: "none", validate } } as never;
  const { settler, sink } = settling({ schema });
  expect(await settler.place(chunkOf(ABC), { value: [1, 2, VAGUE] })).toBeUndefined();
  expect(sink.slots).toEqual(["<1>", expect.any(ResultError), VAGUE]);
  expect(sink.rejected).toEqual([1, 2]);
  expect(seen).toEqual([1, 2]);
});

it("L12 a call that threw is settled in the very turn", async () => {
  const { settler, sink } = settling();
  const failure = settler.place(chunkOf(["a"], 3), { error: VAGUE });
  expect(results(sink)).toEqual([[3, VAGUE]]);
  const { chunk, isWhole } = (await failure) as Failure<string>;
  expect([chunk.size, isWhole]).toEqual([0, true]);
});

it.for([
  ["may be tried again", RETRY, new TimeoutError("no")],
  ["may be about one of the inputs", {}, VAGUE],
  ["names an input that is not there", {}, new InputError("no", { position: 3 })],
  ["names an input before the first", {}, new InputError("no", { position: -1 })],
  ["names half an input", {}, new InputError("no", { position: 0.5 })],
] as const)("a call whose error %s leaves its whole chunk", async ([, options, error]) => {
  const { settler, sink } = settling(options);
  const chunk = chunkOf(ABC);
  expect(await settler.place(chunk, { error })).toEqual({ chunk, error, isWhole: true });
  expect(sink.outcomes).toEqual([]);
});

it.for([
  ["is about the provider", new TimeoutError("no")],
  ["ends everything", REFUSED],
])("a call whose error %s settles all of its chunk, where nothing is tried again", async ([, error]) => {
  const { settler, sink } = settling();
  const failure = (await settler.place(chunkOf(ABC), { error: error as Error })) as Failure<string>;
  expect(failure.chunk.size).toBe(0);
  expect(sink.slots).toEqual([error, error, error]);
});

it.for([0, 1, 2])(
  "P36 an error that names the input at %i says so of what failed, and settles nothing",
  async (named) => {
    const { settler, sink } = settling();
    const chunk = chunkOf(ABC, 4);
    const error = new InputError("no", { position: named });
    expect(await settler.place(chunk, { error })).toEqual({ chunk, error, isWhole: true, named });
    expect(sink.outcomes).toEqual([]);
  },
);

it("P24 an error by which nothing can succeed stops the batch, which lets calls in flight finish", async () => {
  const { settler, sink, batch, ends } = settling();
  settler.giveUp(0, "a", VAGUE);
  expect(batch.isEnding).toBe(false);
  settler.giveUpAll(chunkOf(["b", "c"], 1), REFUSED);
  await turn();
  expect([batch.draining.aborted, batch.canceled.aborted, ends]).toEqual([true, false, []]);
  expect(batch.draining.reason).toBe(REFUSED);
  expect(sink.slots).toEqual([VAGUE, REFUSED, REFUSED]);
});

it("P4 where another stage takes on what fails, it refuses further calls instead, with the first such error", () => {
  const { context, batch, sink } = settling();
  sink.catches = true;
  const settler = new Settler({ ...context, sink });
  settler.giveUp(0, "a", VAGUE);
  expect(settler.refusal).toBeUndefined();
  settler.giveUp(1, "b", REFUSED);
  settler.giveUp(2, "c", new ProviderError("no", { code: "quota_exceeded", retryable: false }));
  expect([settler.refusal, batch.isEnding]).toEqual([REFUSED, false]);
});

it("rejecting an input with such an error stops nothing: it has been asked for before", () => {
  const { settler, batch } = settling();
  settler.reject(0, "a", REFUSED);
  settler.rejectAll(chunkOf(["b"], 1), REFUSED);
  expect([batch.isEnding, settler.refusal]).toEqual([false, undefined]);
});

it("P12 what comes after the end belongs nowhere", async () => {
  const { settler, sink } = settling({ dedupe: true });
  settler.close();
  await settler.place(chunkOf(ABC), { value: [1, VAGUE, 3] });
  settler.rejectAll(chunkOf(ABC), VAGUE);
  expect([settler.count, sink.outcomes]).toEqual([0, []]);
});

it("P38 P39 inputs that are equal get one outcome, those that come later too", async () => {
  const { settler, sink } = settling({ dedupe: (input: string) => input.toLowerCase() });
  const joined = ["a", "b", "A", "A"].map((input, index) => settler.joinDuplicate(index, input));
  expect(joined).toEqual([false, false, true, true]);
  expect(sink.outcomes).toEqual([]);
  await settler.place(chunkOf(["a", "b"]), { value: [1, VAGUE] });
  expect([settler.joinDuplicate(4, "A"), settler.joinDuplicate(5, "B")]).toEqual([true, true]);
  expect(results(sink)).toEqual([
    [0, 1],
    [2, 1],
    [3, 1],
    [1, VAGUE],
    [4, 1],
    [5, VAGUE],
  ]);
  expect(sink.outcomes[1]).toEqual([2, "A", 1]);
  expect(settler.count).toBe(6);
});

it("without `dedupe` no input has an equal", () => {
  const { settler } = settling();
  expect([settler.joinDuplicate(0, "a"), settler.joinDuplicate(1, "a")]).toEqual([false, false]);
});
