import { expect, it } from "vitest";
import { chunkOf, stageParts } from "../../test/engine-parts.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { InputError, ProviderError } from "../contract/errors.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Failure } from "./failure.ts";
import { Names } from "./names.ts";

const BUSY = new ProviderError("no", { status: 503, retryable: true });

/** Failure of a request whose input `bad` is not good, as a server says it that names the one at `named`. */
function failureOf(chunk: Chunk<string>, named?: number): Failure<string> {
  const error = new InputError("no", { position: named });
  return { chunk, error, isWhole: true, ...(named !== undefined && { named }) };
}

interface Found {
  /** Inputs of each call. */
  readonly calls: string;
  readonly left: string | undefined;
  readonly rejected: readonly number[];
  readonly names: Names<string, string>;
  /** Calls made until now. */
  readonly count: () => number;
}

/** What becomes of a chunk, by a server that refuses some inputs and names the first of them `beside` its place. */
async function leaveOut(
  inputs: string,
  bad: string,
  beside: number,
  refuse?: (chunk: Chunk<string>) => Failure<string> | undefined,
): Promise<Found> {
  const { context, settler, sink } = stageParts<string, string>(
    bulkRunnable(async (texts) => [...texts]),
    [],
    {},
  );
  const calls: string[] = [];
  const send = (chunk: Chunk<string>): Failure<string> | undefined => {
    const place = chunk.inputs.findIndex((input) => bad.includes(input));
    if (place < 0) return refuse?.(chunk);
    return chunk.size === 1 ? failureOf(chunk) : failureOf(chunk, place + beside);
  };
  const once = async (chunk: Chunk<string>): Promise<Failure<string> | undefined> => {
    calls.push(chunk.inputs.join(""));
    return send(chunk);
  };
  const names = new Names<string, string>(context.batch, settler, { once, again: async (failure) => failure });
  const failed = await names.leaveOut(send(chunkOf(inputs.split(""))));
  const left = failed?.chunk.inputs.join("");
  return { calls: calls.join(" "), left, rejected: sink.rejected, names, count: () => calls.length };
}

it.for([
  ["is left out, and has failed once the others got through", "b", "acd", [1]],
  ["is sent alone where another is named then", "bd", "acd b ac", [1, 3]],
  ["is sent alone where the other one fails", "ab", "bcd a cd", [0, 1]],
] as const)("P36 an input that is named %s", async ([, bad, calls, rejected]) => {
  const found = await leaveOut("abcd", bad, 0);
  expect(found).toMatchObject({ calls, left: "" });
  expect(found.rejected.toSorted((left, right) => left - right)).toEqual(rejected);
});

it("P36 a wrong name costs a call, and the others are looked through; from then on no name is believed", async () => {
  const { calls, left, rejected, names, count } = await leaveOut("abcd", "b", 1);
  expect([calls, left, rejected]).toEqual(["abd c", "abd", []]);
  const failure = failureOf(chunkOf(["x", "y"]), 0);
  expect(await names.leaveOut(failure)).toBe(failure);
  expect(count()).toBe(2);
});

it("P41 an input that is named is sent alone where the others fail for another reason", async () => {
  const down = (chunk: Chunk<string>): Failure<string> | undefined =>
    chunk.size > 1 ? { chunk, error: BUSY, isWhole: true } : undefined;
  expect(await leaveOut("abcd", "b", 0, down)).toMatchObject({ calls: "acd b", left: "acd", rejected: [1] });
});

it("what names no input is left as it is", async () => {
  expect(await leaveOut("abcd", "", 0)).toMatchObject({ calls: "", left: undefined, rejected: [] });
});
