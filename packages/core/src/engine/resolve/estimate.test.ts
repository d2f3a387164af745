import { expect, it } from "vitest";
import { range } from "../../../test/regressions/held-backend.ts";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { ArgumentError } from "../../contract/errors.ts";
import type { BatchOptions, Inputs, RunnableSettings, RunnableShape } from "../../contract/runnable.ts";
import { calibrationOf } from "../../rate-limit/calibration.ts";
import { Runnable } from "../../runnable.ts";
import { estimate } from "./estimate.ts";

const length = (input: string): { tokens: number } => ({ tokens: input.length });

/** Bulk Runnable that may be asked for nothing: an estimate sends nothing. */
const bulk = (settings: RunnableSettings<string, string>): RunnableShape<string, string> =>
  bulkRunnable<string, string>(() => expect.unreachable("It was called."), settings);

it("counts inputs, requests and tokens, and what they cost", () => {
  const subject = bulk({
    request: { maxTokens: 5 },
    weigh: (input) => length(input),
    price: { perMillionInputTokens: 1e6, perMillionOutputTokens: 1e6 },
  });
  expect(estimate(subject, ["aaa", "aa", "a", "aaaa", "aaaaaaa"], {})).toEqual({
    inputs: 5,
    requests: 3,
    tokens: 17,
    cost: 17,
    shortestMs: undefined,
  });
});

it.for([
  ["an input a request", runnable(async (input: string) => input), {}, 7],
  ["what a request may hold", bulk({ request: { maxInputs: 3 } }), {}, 3],
  ["less, where the caller wants it", bulk({ request: { maxInputs: 3 } }), { request: { maxInputs: 2 } }, 4],
  ["all in one, where nothing limits it", bulk({}), {}, 1],
] as const)("packs as a batch would: %s", ([, subject, options, requests]) => {
  expect(estimate<string, string>(subject, range(7).map(String), options)).toMatchObject({ inputs: 7, requests });
});

it("an override packs itself: of an array it makes one request, of another iterable windows", () => {
  class Own extends Runnable<string, string> {
    override invoke = (): Promise<string> => expect.unreachable("It was called.");
    override batch = (): Promise<string[]> => expect.unreachable("It was called.");
  }
  const inputs = range(250).map(String);
  expect([inputs, new Set(inputs)].map((each) => estimate(new Own(), each, {}).requests)).toEqual([1, 3]);
});

it("without weights there are neither tokens nor a cost; without a price there is no cost", () => {
  expect(estimate(bulk({ price: {} }), ["a"], {})).toMatchObject({ tokens: undefined, cost: undefined });
  expect(estimate(bulk({ weigh: (input) => length(input) }), ["a"], {})).toMatchObject({ tokens: 1, cost: undefined });
});

it("L3 no inputs make no request", () => {
  expect(estimate(bulk({ weigh: (input) => length(input), price: {} }), [], {})).toMatchObject({
    inputs: 0,
    requests: 0,
    tokens: 0,
    cost: 0,
  });
});

it("tokens are those that the provider is expected to count, rounded up", () => {
  const weigh = (input: string): { tokens: number } => length(input);
  calibrationOf(weigh).observe(1e6, 5e5);
  const { factor } = calibrationOf(weigh);
  const inputs = ["a".repeat(1001), "a"];
  expect(estimate(bulk({ weigh, request: { maxInputs: 1 } }), inputs, {}).tokens).toBe(Math.ceil(1002 * factor));
  expect(factor).toBeLessThan(0.6);
});

it("P38 equal inputs make one request where they are sent once", () => {
  const subject = bulk({ request: { maxInputs: 1 }, weigh: (input) => length(input) });
  const options: BatchOptions[] = [{}, { dedupe: true }, { dedupe: (input: string) => input.length }];
  const requests = options.map((each) => estimate(subject, ["a", "b", "a"], each));
  expect(requests.map(({ inputs, requests, tokens }) => [inputs, requests, tokens])).toEqual([
    [3, 3, 3],
    [3, 2, 2],
    [3, 1, 1],
  ]);
});

it("an input that `weigh` refuses is sent by no batch either", () => {
  const weigh = (input: string): { tokens: number } => {
    if (input === "b") throw new Error("too long");
    return length(input);
  };
  expect(estimate(bulk({ weigh }), ["a", "b", "c"], {})).toMatchObject({ inputs: 3, requests: 1, tokens: 2 });
});

it("an input whose key `dedupe` can't tell is sent by no batch either", () => {
  const dedupe = (input: string): unknown => JSON.parse(input);
  expect(estimate(bulk({}), ["1", "not JSON"], { dedupe })).toMatchObject({ inputs: 2, requests: 1 });
});

it("the shortest time is the limiter's, for all of the batch", () => {
  const asked: unknown[] = [];
  const limiter = {
    reserve: () => expect.unreachable(),
    shortestMs: (demand: object) => asked.push({ ...demand }) * 1000,
  };
  const subject = bulk({ request: { maxInputs: 2 }, weigh: (input) => length(input), dedupe: true });
  expect(estimate(subject, ["aa", "b", "c", "b"], { limiter }).shortestMs).toBe(1000);
  expect(estimate(bulk({}), ["aa", "b"], { limiter }).shortestMs).toBe(2000);
  expect(asked).toEqual([
    { requests: 2, inputs: 3, tokens: 4, inputTokens: 4, outputTokens: 0 },
    { requests: 1, inputs: 2, tokens: 0, inputTokens: 0, outputTokens: 0 },
  ]);
});

it.for([
  ["an async source", (async function* () {})(), "an object"],
  ["a text", "abc", "a string"],
  ["nothing", null, "null"],
  ["no argument", undefined, "undefined"],
] as const)("refuses %s", ([, inputs, kind]) => {
  const refused = (): unknown => estimate(bulk({}), inputs as Inputs<string> as string[], {});
  expect(refused).toThrow(ArgumentError);
  expect(refused).toThrow(`Expected \`inputs\` of estimate to be an array or an iterable, got ${kind}.`);
});

it("refuses options as a batch would", () => {
  expect(() => estimate(bulk({}), [], { maxTokens: -1 })).toThrow(
    "Expected `maxTokens` to be a number from 0, got -1.",
  );
});
