import { expect, it } from "vitest";
import { engineParts } from "../../../test/engine-parts.ts";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";
import { FastPath } from "../call/fast-path.ts";
import { WorkerLoop } from "../worker-loop.ts";
import { openStage } from "./open-stage.ts";

const ONE = runnable(async (input: number) => input);
const WEIGHED = runnable(async (input: number) => input, { weigh: () => ({ tokens: 1 }) });
const BULK = bulkRunnable(async (inputs: readonly number[]) => inputs);
const schema = { "~standard": { version: 1, vendor: "none", validate: (value: unknown) => ({ value }) } } as never;

async function* later(): AsyncGenerator<number> {
  yield 1;
}

it.for([
  ["nothing", [1], {}],
  ["a cap", [1], { maxConcurrency: 5 }],
  ["failures that stay in their slots", [1], { returnExceptions: true }],
  ["progress and a report", [1], { onProgress: () => undefined, onFinish: () => undefined }],
  ["signals", [1], { signal: new AbortController().signal, drain: new AbortController().signal }],
  ["no retries", [1], { retry: false, dedupe: false }],
  ["an iterator", new Set([1]), {}],
] as const)("an item that needs nothing but a call takes the fast path: %s", ([, inputs, options]) => {
  expect(openStage(engineParts(ONE, inputs, options).context)).toBeInstanceOf(FastPath);
});

it.for([
  ["bulk calls", BULK, [1], {}],
  ["weights", WEIGHED, [1], {}],
  ["a limiter", ONE, [1], { limiter: rateLimiter() }],
  ["retries", ONE, [1], { retry: { attempts: 2 } }],
  ["a timeout", ONE, [1], { timeoutMs: 1 }],
  ["a schema", ONE, [1], { schema }],
  ["equal inputs", ONE, [1], { dedupe: true }],
  ["a cap on tokens", ONE, [1], { maxTokens: 1 }],
  ["a cap on cost", ONE, [1], { maxCost: 1 }],
  ["a hook for each call", ONE, [1], { onRequest: () => undefined }],
  ["a source that waits", ONE, later(), {}],
] as const)("one that needs more takes the whole way: %s", ([, subject, inputs, options]) => {
  expect(openStage(engineParts<number, number>(subject, inputs, options).context)).toBeInstanceOf(WorkerLoop);
});
