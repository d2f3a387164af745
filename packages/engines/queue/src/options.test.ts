import { readFile } from "node:fs/promises";
import { runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { createWorker, distribute, pgliteEngine, postgresEngine } from "./index.ts";

const engine = pgliteEngine();
const same = runnable(async (input: unknown) => input);
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test.each([
  [{ engine: {} }, "engine: expected postgresEngine() or pgliteEngine()"],
  [{ name: "two words" }, "name: expected 1 to 100 letters"],
  [{ version: "" }, "version: expected 1 to 100 letters"],
  [{ chunkSize: 0 }, "chunkSize: expected a whole number from 1"],
  [{ maxQueued: 1.5 }, "maxQueued: expected a whole number from 1"],
  [{ attempts: "3" }, "attempts: expected a whole number from 1"],
  [{ heartbeatSeconds: 0 }, "heartbeatSeconds: expected a whole number from 1"],
  [{ batchId: "" }, "batchId: expected a text that is not empty"],
  [{ keepForMs: 0 }, "keepForMs: expected a number of milliseconds above 0"],
  [{ noWorkerMs: -1 }, "noWorkerMs: expected a number of milliseconds above 0"],
  [{ onWaiting: true }, "onWaiting: expected a function"],
  [{ codec: {} }, "codec: expected an object with encode and decode"],
  [{ chunksize: 3 }, "chunksize: no such option of distribute. Known options: engine, name"],
])("distribute refuses %o", (options, message) => {
  expect(() => distribute(same, { engine, name: "same", ...options } as never)).toThrow(message);
});

test("distribute refuses what is no Runnable, and no options", () => {
  expect(() => distribute((() => 1) as never, { engine, name: "same" })).toThrow("expected a Runnable");
  expect(() => distribute(same, { name: "same" } as never)).toThrow("engine: expected");
});

test.each([
  [{ engine: undefined }, "engine: expected postgresEngine() or pgliteEngine()"],
  [{ runnables: {} }, "runnables: expected { name: runnable }"],
  [{ runnables: { same: 3 } }, "runnables.same: expected a Runnable, got a value of type number"],
  [{ runnables: { "two words": same } }, "name: expected 1 to 100 letters"],
  [{ version: "a b" }, "version: expected 1 to 100 letters"],
  [{ concurrency: 0 }, "concurrency: expected a whole number from 1"],
  [{ pollMs: 0 }, "pollMs: expected milliseconds above 0"],
  [{ codec: 1 }, "codec: expected an object with encode and decode"],
])("createWorker refuses %o", (options, message) => {
  expect(() => createWorker({ engine, runnables: { same }, ...options } as never)).toThrow(message);
});

test("engines refuse what they cannot use", () => {
  expect(() => postgresEngine({ url: "not a url" })).toThrow("postgresEngine: expected url, or DATABASE_URL");
  expect(() => postgresEngine({ url: "postgres://h/d", connections: 0 })).toThrow("connections: expected");
  expect(() => postgresEngine({ url: "postgres://h/d", schema: "Odd-Name" })).toThrow("schema: expected");
  expect(() => pgliteEngine({ reconnectMs: -1 })).toThrow("reconnectMs: expected");
  expect(() => pgliteEngine({ dir: "" })).toThrow("dir: expected");
});

test("a chunk is as large as the Runnable's own request, within bounds", () => {
  const sizeOf = (maxInputs: number | undefined, chunkSize?: number): number | undefined => {
    const inner = runnable(async (input: unknown) => input, maxInputs === undefined ? {} : { request: { maxInputs } });
    const options = { engine, name: "same", ...(chunkSize === undefined ? {} : { chunkSize }) };
    return distribute(inner, options).settings.request?.maxInputs;
  };
  expect([sizeOf(undefined), sizeOf(96), sizeOf(2048), sizeOf(2048, 5000)]).toEqual([100, 96, 1000, 5000]);
});

test("the README has every option", () => {
  let message = "";
  try {
    distribute(same, { engine, name: "same", none: 1 } as never);
  } catch (error) {
    ({ message } = error as Error);
  }
  const names = /Known options: (.*)\.$/.exec(message)?.[1]?.split(", ") ?? [];
  expect(names).toContain("chunkSize");
  const all = [...names, "runnables", "concurrency", "pollMs", "onChunk", "onError", "dir", "url", "connections"];
  expect(all.filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
});
