import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bulkRunnable, type JobBackend, withConfig } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { offline } from "./offline.ts";

const INPUTS = 200_000;
const IN_A_JOB = 50_000;
/** Bytes that an input takes while its job runs, the array of inputs included and the inputs themselves not. */
const MOST_BYTES = 64;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("an input takes few bytes besides itself while its job runs", async () => {
  const clock = new FakeClock();
  const texts = Array.from({ length: INPUTS }, (_, at) => String(1_000_000 + at));
  const jobs = offline(withConfig(live, { jobs: async () => backend }), { store: memoryStore(), clock });
  const before = heapUsed();
  let bytes = Infinity;
  let polled = 0;
  isRunning = () => {
    // All are created, and wait for their end.
    if (++polled === INPUTS / IN_A_JOB) bytes = (heapUsed() - before) / INPUTS;
    return polled <= INPUTS / IN_A_JOB;
  };
  let sum = 0;
  const read = async (): Promise<void> => {
    for await (const outcome of jobs.batchAsJobsEnd(texts)) if (outcome.status === "fulfilled") sum += outcome.value;
  };
  await clock.run(read());
  expect(sum).toBe(INPUTS);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

const live = bulkRunnable(async (texts: readonly string[]) => texts.map(() => 1), {
  weigh: () => ({ tokens: 1 }),
});

let isRunning: () => boolean;

/** Jobs that keep nothing of what they are given. */
const backend: JobBackend<string, number> = {
  identity: "little",
  caps: { lines: IN_A_JOB, bytes: 200_000_000, inputs: IN_A_JOB },
  line: (inputs, id) => ({ id, text: JSON.stringify({ id, inputs }) }),
  create: async (_lines, tag) => tag,
  find: async () => [],
  poll: async () => ({ status: isRunning() ? "running" : "ended" }),
  async *rows() {
    for (let line = 0; line < IN_A_JOB; line++) yield { id: String(line), outcome: [1] };
  },
  cancel: async () => undefined,
};

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
