import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bulkRunnable, InputError } from "@batchwise/core";
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { createWorker, distribute, pgliteBackend } from "./index.ts";

// The database of `pgliteEngine({ dir })` of commit 785447d, by pg_dump (`--inserts --no-owner`, the one of
// @electric-sql/pglite-tools 0.4.8), since the folder takes 40 MB. A process with the built package of that commit had
// submitted the batch below, in its chunks and by its id, to a worker of its own, and was killed when the worker was in
// the third chunk. Input 1 had been refused with an InputError; all others are doubled.
const FIXTURE = new URL("fixtures/from-785447d/queue.sql", import.meta.url);
const INPUTS = Array.from({ length: 12 }, (_, index) => index);

test(
  "opens what commit 785447d wrote: results are read, and only the rest is worked on",
  { timeout: 120_000 },
  async () => {
    const dir = await mkdtemp(join(tmpdir(), "batchwise-queue-"));
    try {
      await restore(dir);
      await using backend = pgliteBackend({ dir });
      const calls: number[] = [];
      const double = bulkRunnable(async (inputs: readonly number[]) => {
        calls.push(...inputs);
        return inputs.map((input) => 2 * input);
      });
      await using worker = createWorker({ backend, runnables: { double } });
      const distributed = distribute(double, { backend, name: "double", chunkSize: 3, batchId: "numbers" });
      const slots = await distributed.batch(INPUTS, { returnExceptions: true });
      expect(slots[1]).toSatisfy((error) => InputError.isInstance(error));
      expect(slots[1]).toMatchObject({ code: "invalid_input", message: "One is refused." });
      expect(slots.toSpliced(1, 1)).toEqual(INPUTS.toSpliced(1, 1).map((input) => 2 * input));
      expect(calls.toSorted((one, two) => one - two)).toEqual(INPUTS.slice(6));
      await distributed.forget();
      await worker.drain();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);

async function restore(dir: string): Promise<void> {
  const pglite = await PGlite.create({ dataDir: join(dir, "pglite") });
  await pglite.exec(await readFile(FIXTURE, "utf8"));
  await pglite.close();
}
