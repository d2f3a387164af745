import { readFile } from "node:fs/promises";
import { runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { createWorker, distribute, pgliteBackend, postgresBackend, postgresRateLimiter } from "./index.ts";

const backend = pgliteBackend();
const same = runnable(async (input: unknown) => input);
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test.each([
  [{ backend: {} }, "Expected `backend` to be postgresBackend() or pgliteBackend()"],
  [{ name: "two words" }, "Expected `name` to be 1 to 100 letters"],
  [{ version: "" }, "Expected `version` to be 1 to 100 letters"],
  [{ chunkSize: 0 }, "Expected `chunkSize` to be a whole number from 1"],
  [{ maxQueued: 1.5 }, "Expected `maxQueued` to be a whole number from 1"],
  [{ attempts: "3" }, "Expected `attempts` to be a whole number from 1"],
  [{ heartbeatSeconds: 0 }, "Expected `heartbeatSeconds` to be a whole number from 1"],
  [{ batchId: "" }, "Expected `batchId` to be a text that is not empty"],
  [{ keepForMs: 0 }, "Expected `keepForMs` to be a number of milliseconds above 0"],
  [{ noWorkerMs: -1 }, "Expected `noWorkerMs` to be a number of milliseconds above 0"],
  [{ onWaiting: true }, "Expected `onWaiting` to be a function"],
  [{ codec: {} }, "Expected `codec` to be an object with encode and decode"],
  [{ chunksize: 3 }, "Expected only options of distribute, got `chunksize`. Did you mean `chunkSize`?"],
  [{ maxQueue: 3 }, "got `maxQueue`. Did you mean `maxQueued`?"],
  [{ retries: 3 }, "got `retries`. Did you mean `attempts`?"],
  [{ zzz: 3 }, "got `zzz`. Known: backend, name"],
])("distribute refuses %o", (options, message) => {
  expect(() => distribute(same, { backend, name: "same", ...options } as never)).toThrow(message);
});

test("distribute refuses a function, and missing options", () => {
  expect(() => distribute((() => 1) as never, { backend, name: "same" })).toThrow(
    "Expected `runnable` to be a Runnable",
  );
  expect(() => distribute(same, { name: "same" } as never)).toThrow("Expected `backend` to be");
  expect(() => distribute(same, undefined as never)).toThrow("Expected `options of distribute` to be an object, got");
});

test.each([
  [{ backend: undefined }, "Expected `backend` to be postgresBackend() or pgliteBackend()"],
  [{ runnables: {} }, "Expected `runnables` to be { name: runnable }"],
  [{ runnables: { same: 3 } }, "Expected `runnables.same` to be a Runnable, got 3."],
  [{ runnables: { "two words": same } }, "Expected `name` to be 1 to 100 letters"],
  [{ version: "a b" }, "Expected `version` to be 1 to 100 letters"],
  [{ concurrency: 0 }, "Expected `concurrency` to be a whole number from 1"],
  [{ pollMs: 0 }, "Expected `pollMs` to be milliseconds above 0"],
  [{ unreadableMs: -1 }, "Expected `unreadableMs` to be milliseconds above 0"],
  [{ codec: 1 }, "Expected `codec` to be an object with encode and decode"],
  [{ maxConcurrency: 1 }, "Expected only options of createWorker, got `maxConcurrency`. Did you mean `concurrency`?"],
  [{ onErorr: () => undefined }, "got `onErorr`. Did you mean `onError`?"],
])("createWorker refuses %o", (options, message) => {
  expect(() => createWorker({ backend, runnables: { same }, ...options } as never)).toThrow(message);
});

test("postgresRateLimiter refuses a misspelled limit", () => {
  expect(() => postgresRateLimiter(backend, "key", { requestPerMinute: 3 } as never)).toThrow(
    "Expected only options of postgresRateLimiter, got `requestPerMinute`. Did you mean `requestsPerMinute`?",
  );
});

test("backends refuse wrong options", () => {
  expect(() => postgresBackend({ url: "not a url" })).toThrow("Expected `url`, or DATABASE_URL in the environment");
  expect(() => postgresBackend({ url: "postgres://h/d", connections: 0 })).toThrow("Expected `connections` to be");
  expect(() => postgresBackend({ url: "postgres://h/d", schema: "Odd-Name" })).toThrow("Expected `schema` to be");
  expect(() => pgliteBackend({ reconnectMs: -1 })).toThrow("Expected `reconnectMs` to be");
  expect(() => pgliteBackend({ dir: "" })).toThrow("Expected `dir` to be");
  expect(() => pgliteBackend({ shema: "other" } as never)).toThrow(
    "Expected only options of pgliteBackend, got `shema`. Did you mean `schema`?",
  );
  expect(() => postgresBackend({ url: "postgres://h/d", maxConections: 3 } as never)).toThrow(
    "Expected only options of postgresBackend, got `maxConections`. Known: url, connections",
  );
});

test("a chunk is as large as the Runnable's own request, within bounds", () => {
  const sizeOf = (maxInputs: number | undefined, chunkSize?: number): number | undefined => {
    const inner = runnable(async (input: unknown) => input, maxInputs === undefined ? {} : { request: { maxInputs } });
    const options = { backend, name: "same", ...(chunkSize === undefined ? {} : { chunkSize }) };
    return distribute(inner, options).settings.request?.maxInputs;
  };
  expect([sizeOf(undefined), sizeOf(96), sizeOf(2048), sizeOf(2048, 5000)]).toEqual([100, 96, 1000, 5000]);
});

test("the README has every option", () => {
  let message = "";
  try {
    distribute(same, { backend, name: "same", zzz: 1 } as never);
  } catch (error) {
    ({ message } = error as Error);
  }
  const names = /Known: (.*)\.$/.exec(message)?.[1]?.split(", ") ?? [];
  expect(names).toContain("chunkSize");
  const all = [
    ...names,
    "runnables",
    "concurrency",
    "pollMs",
    "unreadableMs",
    "onChunk",
    "onError",
    "dir",
    "url",
    "connections",
  ];
  expect(all.filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
});
