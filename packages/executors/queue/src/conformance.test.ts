import { bulkRunnable } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
import { afterAll, beforeAll, vi } from "vitest";
import { createWorker, distribute, postgresBackend, type QueueBackend, type Worker } from "./index.ts";
import { startPostgres, type TestPostgres } from "./testing/postgres.ts";

vi.setConfig({ testTimeout: 60_000 });

let postgres: TestPostgres;
let backend: QueueBackend;
const workers = new Map<unknown, Worker>();

beforeAll(async () => {
  postgres = await startPostgres();
  backend = postgresBackend({ url: postgres.url });
  await backend.open();
}, 60_000);

afterAll(async () => {
  await Promise.all([...workers.values()].map((worker) => worker.stop()));
  await backend?.close();
  await postgres?.[Symbol.asyncDispose]();
}, 60_000);

await conformance<string, string>({
  inputs: ["one", "two", "three", "four", "five", "six", "seven", "eight"],
  expected: (text) => text.toUpperCase(),
  create() {
    const name = `laws-${workers.size}`;
    const shout = bulkRunnable(async (texts: readonly string[]) => texts.map((text) => text.toUpperCase()));
    const distributed = distribute(shout, { backend, name, chunkSize: 2, maxQueued: 4 });
    workers.set(distributed, createWorker({ backend, runnables: { [name]: shout }, concurrency: 4 }));
    return distributed;
  },
  unobserved: "The calls are made by workers, in real time; queue.test.ts watches them there.",
  skip: { L18: "the workers' Runnable has no usage to report" },
  patienceMs: 30_000,
  close: (runnable) => workers.get(runnable)?.stop(),
});
