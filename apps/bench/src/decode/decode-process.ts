// Started by decode.ts: measures every decoder side by side, in memory that nothing else has touched.
import { setImmediate as turn } from "node:timers/promises";
import { verifyOutputs } from "../provider/judge.ts";
import { collectGarbage, type Entry, interleave, type Timing } from "../rounds.ts";
import { embeddingBody } from "./body.ts";
import type { Decoded, DecodeFigures, DecodeTask } from "./decode.ts";
import { type Decoder, decodersOf } from "./decoders.ts";

const BUDGET_MS = 4000;

process.send?.(await measure(JSON.parse(process.argv[2] as string) as DecodeTask));

async function measure({ items, dimensions, rounds }: DecodeTask): Promise<Decoded> {
  const body = embeddingBody(items, dimensions);
  const decoders = decodersOf(body);
  const entries = decoders.map(({ name, decode }): Entry => ({
    name,
    run: async () => {
      const vectors = await decode();
      return () => {
        if (vectors.length !== items) throw new Error(`Expected ${items} vectors of ${name}, got ${vectors.length}.`);
        verifyOutputs(vectors, body.vectors);
      };
    },
  }));
  await interleave(entries, { rounds: 3, budgetMs: 0 });
  const timings = await interleave(entries, { rounds, budgetMs: BUDGET_MS });
  const figures: DecodeFigures[] = [];
  for (const decoder of decoders) {
    const { name, package: packageName } = decoder;
    const timing = timings.get(name) as Timing;
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    figures.push({ name, package: packageName, timing, kept: await bytesKept(decoder) });
  }
  return { decoders: figures, base64Bytes: body.base64.length, decimalBytes: body.decimals.length };
}

/** Bytes that the result holds, with garbage collected before and after. */
async function bytesKept({ decode }: Decoder): Promise<number> {
  const before = await bytesHeld();
  const vectors = await decode();
  const bytes = (await bytesHeld()) - before;
  // The result must outlive the second measurement.
  return vectors.length > 0 ? bytes : Number.NaN;
}

async function bytesHeld(): Promise<number> {
  // Buffers are freed a turn after the garbage that held them.
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    // oxlint-disable-next-line no-await-in-loop -- one turn after another is the point
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
