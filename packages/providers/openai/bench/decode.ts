import { vectorsOf } from "../src/decode.ts";

/**
 * What decoding a response of 2,048 vectors of 1,536 numbers costs beside the least that it can cost: parsing the
 * body, and decoding the same base64 into one array. Medians of the rounds, in turn, so that a busy moment meets both.
 *
 * Run with `pnpm run bench`.
 */
const ROUNDS = 40;
const COUNT = 2048;
const DIMENSIONS = 1536;

interface Body {
  readonly data: readonly { readonly embedding: string }[];
}

const body = makeBody();
const least: number[] = [];
const ours: number[] = [];
for (let round = -5; round < ROUNDS; round++) {
  const [a, b] = [timed(decodeLeast), timed(decodeOurs)];
  if (round < 0) continue;
  least.push(a);
  ours.push(b);
}
console.table({
  "parse and decode into one array": { milliseconds: median(least).toFixed(1) },
  "parse and vectorsOf": { milliseconds: median(ours).toFixed(1) },
  ratio: { milliseconds: (median(ours) / median(least)).toFixed(2) },
  "kept, MB": { milliseconds: (keptBytes() / 1e6).toFixed(1) },
});

function decodeLeast(): Float32Array {
  const { data } = JSON.parse(body) as Body;
  const all = new Float32Array(COUNT * DIMENSIONS);
  const bytes = Buffer.from(all.buffer);
  for (const [index, { embedding }] of data.entries()) bytes.write(embedding, index * DIMENSIONS * 4, "base64");
  return all;
}

function decodeOurs(): unknown[] {
  return vectorsOf((JSON.parse(body) as Body).data, COUNT);
}

/** What is still in memory once the body is forgotten. Needs --expose-gc. */
function keptBytes(): number {
  const before = usedBytes();
  const vectors = decodeOurs();
  const kept = usedBytes() - before;
  if (vectors.length !== COUNT) throw new Error("not all vectors came back");
  return kept;
}

function usedBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function makeBody(): string {
  const data = Array.from({ length: COUNT }, (_, index) => {
    const vector = Float32Array.from({ length: DIMENSIONS }, (_value, each) => Math.sin(index * 7 + each) / 20);
    return { object: "embedding", index, embedding: Buffer.from(vector.buffer).toString("base64") };
  });
  return JSON.stringify({ object: "list", data, model: "bench", usage: { prompt_tokens: 1, total_tokens: 1 } });
}

function timed(work: () => unknown): number {
  globalThis.gc?.();
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}
