import { styleText } from "node:util";
import { type Runnable, runnable } from "@batchwise/core";
import { count, counted, duration, listing } from "@batchwise/terminal";
import type { Embedder } from "../src/adapters.ts";
import type { Session } from "../src/answer.ts";
import type { Batches } from "../src/batches.ts";
import { estimateEmbedding, type Part } from "../src/estimate.ts";

/** Texts for comparing the strategies: enough for several bulk requests, few enough for some ten seconds. */
const SAMPLE_SIZE = 1024;

/** Result of one strategy on the sample. */
interface StrategyResult {
  readonly name: string;
  /** Calls of the model. */
  readonly calls: number;
  readonly durationMs: number;
  readonly vectors: readonly Float32Array[];
}

/** Takes up to `size` texts, spread evenly, so that every run measures the same ones. */
export function sampleOf(texts: readonly string[], size: number = SAMPLE_SIZE): string[] {
  const length = Math.min(size, texts.length);
  return Array.from({ length }, (_, index) => texts[Math.floor((index * texts.length) / length)] ?? "");
}

/** Estimates a comparison: the sample once in bulk, and twice one by one. */
export async function estimateComparison(embedder: Embedder, texts: readonly string[]): Promise<Part[]> {
  const parts = await estimateEmbedding(embedder, texts, "text");
  return parts.map(([work, { requests = 0, tokens, cost }]) => [
    `${work} in three ways, for --compare`,
    {
      requests: requests + 2 * texts.length,
      tokens: tokens === undefined ? undefined : 3 * tokens,
      cost: cost === undefined ? undefined : 3 * cost,
    },
  ]);
}

/** Embeds texts by three strategies, and prints what each took: the same engine with other settings. */
export async function compare({ embedder, batches, console }: Session, texts: readonly string[]): Promise<void> {
  const results = await compareStrategies(embedder.documents, texts, batches, embedder.isPaid);
  const slowest = results[0]?.durationMs ?? 0;
  const rows = results.map(({ name, calls, durationMs }) => ({
    "  strategy": `  ${name}`,
    calls: count(calls),
    time: duration(durationMs),
    "texts/s": count((texts.length * 1000) / durationMs),
    speed: `${(slowest / durationMs).toFixed(1)}x`,
  }));
  const difference = largestDifference(results.map(({ vectors }) => vectors));
  console.result();
  console.result(styleText("bold", `Three strategies, the same ${counted(texts.length, "passage")}`));
  console.result(listing(rows, console.width).trimEnd());
  console.result(
    difference <= 1e-5
      ? `  All three gave the same vectors, to within ${difference.toExponential(0)}.`
      : `  Their vectors differ by up to ${difference.toExponential(1)}, which is more than rounding.`,
  );
}

/** Embeds texts by each strategy in turn. @throws the first error of a text */
export async function compareStrategies(
  embeddings: Runnable<string, Float32Array>,
  texts: readonly string[],
  batches: Batches,
  isPaid: boolean,
): Promise<StrategyResult[]> {
  const strategies = [
    { name: "default: one call after another", by: withoutBulk(embeddings), maxConcurrency: 1 },
    { name: "concurrent: 5 calls at once", by: withoutBulk(embeddings), maxConcurrency: 5 },
    { name: "bulk: many texts a call", by: embeddings, maxConcurrency: undefined },
  ];
  const results: StrategyResult[] = [];
  for (const { name, by, maxConcurrency } of strategies) {
    const start = performance.now();
    const { slots, requests, stopped } = await batches.run(by, texts, isPaid, { maxConcurrency });
    batches.stops.drain.throwIfAborted();
    const failed = stopped ?? slots.find((slot) => slot instanceof Error);
    if (failed !== undefined) throw failed;
    const vectors = slots as readonly Float32Array[];
    results.push({ name, calls: requests, durationMs: performance.now() - start, vectors });
  }
  return results;
}

/** Runnable with `invoke` alone, over which `batch` can only loop; limits, retries and price stay. */
function withoutBulk(embeddings: Runnable<string, Float32Array>): Runnable<string, Float32Array> {
  const { limiter, price, retry, timeoutMs, weigh } = embeddings.settings ?? {};
  return runnable((text: string, call) => embeddings.invoke(text, call), { limiter, price, retry, timeoutMs, weigh });
}

/** Largest difference between two numbers that should be equal. */
export function largestDifference([first = [], ...others]: readonly (readonly Float32Array[])[]): number {
  let largest = 0;
  for (const vectors of others) {
    for (const [index, vector] of vectors.entries()) {
      const expected = first[index] ?? [];
      for (const [position, number] of vector.entries()) {
        largest = Math.max(largest, Math.abs(number - (expected[position] ?? Infinity)));
      }
    }
  }
  return largest;
}
