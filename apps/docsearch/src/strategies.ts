import { type BatchOptions, type Runnable, runnable } from "@batchwise/core";
import { embeddedText, type Passage } from "./passage.ts";

/** Passages for comparing the strategies: enough for several bulk requests, few enough for some ten seconds. */
export const SAMPLE_SIZE = 1024;

/** Result of one strategy on the sample. */
interface StrategyResult {
  readonly name: "default" | "concurrent" | "bulk";
  /** Calls of the model. */
  readonly calls: number;
  readonly durationMs: number;
  readonly textsPerSecond: number;
}

/** Results of the three strategies on the same texts. */
export interface Comparison {
  readonly texts: number;
  readonly results: readonly StrategyResult[];
  /** Largest difference between two numbers that should be equal. */
  readonly largestDifference: number;
}

/** Takes the texts of up to `size` passages, spread evenly, so that every run measures the same ones. */
export function takeSample(passages: readonly Passage[], size: number): string[] {
  const count = Math.min(size, passages.length);
  return Array.from({ length: count }, (_, index) => {
    const passage = passages[Math.floor((index * passages.length) / count)];
    return passage === undefined ? "" : embeddedText(passage);
  });
}

/**
 * Embeds `texts` by each strategy in turn: one call after another, five calls at once, and many texts a call.
 *
 * @param options returns the options of the next batch
 */
export async function compareStrategies(
  embeddings: Runnable<string, Float32Array>,
  texts: readonly string[],
  options: () => BatchOptions = () => ({}),
): Promise<Comparison> {
  const oneByOne = withoutBulk(embeddings);
  const runs = [
    await measure("default", oneByOne, texts, { ...options(), maxConcurrency: 1 }),
    await measure("concurrent", oneByOne, texts, { ...options(), maxConcurrency: 5 }),
    await measure("bulk", embeddings, texts, options()),
  ];
  return {
    texts: texts.length,
    results: runs.map(({ result }) => result),
    largestDifference: largestDifference(runs.map(({ vectors }) => vectors)),
  };
}

/** Runnable with `invoke` alone, over which `batch` can only loop; limits, retries and price stay. */
export function withoutBulk(embeddings: Runnable<string, Float32Array>): Runnable<string, Float32Array> {
  const { limiter, price, retry, timeoutMs, weigh } = embeddings.settings ?? {};
  return runnable((text: string, call) => embeddings.invoke(text, call), {
    ...(limiter !== undefined && { limiter }),
    ...(price !== undefined && weigh !== undefined && { price, weigh }),
    ...(retry !== undefined && { retry }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

async function measure(
  name: StrategyResult["name"],
  embeddings: Runnable<string, Float32Array>,
  texts: readonly string[],
  options: BatchOptions,
): Promise<{ result: StrategyResult; vectors: Float32Array[] }> {
  let calls = 0;
  const start = performance.now();
  const vectors = await embeddings.batch(texts, {
    ...options,
    returnExceptions: false,
    onFinish: (report) => {
      calls = report.requests;
      options.onFinish?.(report);
    },
  });
  const durationMs = performance.now() - start;
  return {
    result: { name, calls, durationMs, textsPerSecond: (texts.length * 1000) / durationMs },
    vectors,
  };
}

function largestDifference([first = [], ...others]: readonly (readonly Float32Array[])[]): number {
  let largest = 0;
  for (const vectors of others) {
    for (const [index, vector] of vectors.entries()) {
      const expected = first[index] ?? new Float32Array(vector.length).fill(Infinity);
      for (const [position, number] of vector.entries()) {
        largest = Math.max(largest, Math.abs(number - (expected[position] ?? Infinity)));
      }
    }
  }
  return largest;
}
