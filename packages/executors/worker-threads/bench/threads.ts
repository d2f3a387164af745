import { threadPool, type ThreadPool } from "../src/index.ts";

/**
 * Speed of two threads against one, and the cost of a message. Prints one table each; every figure is the best of the
 * rounds, because other work of the machine can only add to it.
 *
 * Run with `pnpm run bench`, on a machine with at least two cores.
 */
const ROUNDS = 12;

await scaling();
await messages();

async function scaling(): Promise<void> {
  const inputs = Array.from({ length: 120 }, (_, index) => 25_000 + index);
  const worker = new URL("./count-primes.ts", import.meta.url);
  const pools = [1, 2].map((threads) => threadPool<number, number>(worker, { threads, chunk: 4 }));
  const times = await bestOf(pools, inputs);
  await Promise.all(pools.map((pool) => pool.close()));
  console.table(
    pools.map(({ settings }, index) => ({
      threads: settings.maxConcurrency,
      milliseconds: Math.round(times[index]!),
      speed: Number((times[0]! / times[index]!).toFixed(2)),
    })),
  );
}

async function messages(): Promise<void> {
  const inputs = Array.from({ length: 4000 }, (_, index) => index + 20);
  const worker = new URL("../src/fixtures/double.ts", import.meta.url);
  const pools = [1, 8, 64].map((chunk) => threadPool<number, number>(worker, { threads: 2, chunk }));
  const times = await bestOf(pools, inputs);
  await Promise.all(pools.map((pool) => pool.close()));
  console.table(
    pools.map(({ settings }, index) => ({
      chunk: settings.request?.maxInputs,
      "microseconds an item": Number(((1000 * times[index]!) / inputs.length).toFixed(1)),
      "microseconds a message": Number(
        ((1000 * times[index]! * settings.request!.maxInputs!) / inputs.length).toFixed(0),
      ),
    })),
  );
}

/** Measures the pools in turn within a round, so that a busy moment of the machine affects all of them. */
async function bestOf(pools: readonly ThreadPool<number, number>[], inputs: readonly number[]): Promise<number[]> {
  const best = pools.map(() => Number.POSITIVE_INFINITY);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, pool] of pools.entries()) {
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await pool.batch(inputs);
      // The first round starts the threads.
      if (round >= 0) best[index] = Math.min(best[index]!, performance.now() - start);
    }
  }
  return best;
}
