import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, bucketsByLength } from "./buckets.ts";

const limits = fc.record({
  maxTexts: fc.integer({ min: 1, max: 20 }),
  maxPaddedTokens: fc.integer({ min: 1, max: 300 }),
});
/** Texts of random lengths whose ids are all different, so that a swap shows. A few are missing or empty. */
const texts = fc
  .array(fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 9, arbitrary: fc.nat(60) }))
  .map((lengths) => {
    let next = 0;
    return lengths.map((length) => (length === undefined ? undefined : Int32Array.from({ length }, () => next++)));
  });

test("each text with tokens is in one bucket, with its own ids", () => {
  fc.assert(
    fc.property(texts, limits, (each, within) => {
      const found = new Map<number, number[]>();
      for (const bucket of bucketsByLength(each, within)) {
        for (const [position, ids] of rowsOf(bucket)) {
          expect(found.has(position)).toBe(false);
          found.set(position, ids);
        }
      }
      const wanted = [...each.entries()].filter(([, ids]) => ids !== undefined && ids.length > 0);
      expect([...found].toSorted(([left], [right]) => left - right)).toEqual(
        wanted.map(([position, ids]) => [position, Array.from(ids!)]),
      );
    }),
  );
});

test("a bucket keeps its limits, unless one text is over them by itself", () => {
  fc.assert(
    fc.property(texts, limits, (each, within) => {
      for (const { lengths } of bucketsByLength(each, within)) {
        expect(lengths.length).toBeLessThanOrEqual(within.maxTexts);
        expect(lengths.length === 1 || lengths.length * lengths[0]! <= within.maxPaddedTokens).toBe(true);
      }
    }),
  );
});

test("lengths never grow from one text to the next, so that neighbours are alike and the longest go first", () => {
  fc.assert(
    fc.property(texts, limits, (each, within) => {
      const lengths = bucketsByLength(each, within).flatMap((bucket) => Array.from(bucket.lengths));
      expect(lengths).toEqual(lengths.toSorted((left, right) => right - left));
    }),
  );
});

test("sorting saves most of the padding of texts as they come", () => {
  const lengths = Array.from({ length: 256 }, (_, index) => 1 + ((index * 37) % 128));
  const each = lengths.map((length) => new Int32Array(length));
  const within = { maxTexts: 16, maxPaddedTokens: 1024 };
  const sorted = bucketsByLength(each, within).map((bucket) => Array.from(bucket.lengths));
  const asTheyCome = Array.from({ length: 16 }, (_, index) => lengths.slice(index * 16, (index + 1) * 16));
  expect(padding(sorted)).toBeLessThan(padding(asTheyCome) / 10);
});

test("no text, no bucket", () => {
  expect(bucketsByLength([], { maxTexts: 16, maxPaddedTokens: 1024 })).toEqual([]);
  expect(bucketsByLength([undefined, new Int32Array(0)], { maxTexts: 16, maxPaddedTokens: 1024 })).toEqual([]);
});

function rowsOf({ positions, ids, lengths }: Bucket): [position: number, ids: number[]][] {
  let offset = 0;
  return positions.map((position, row) => [position, [...ids.subarray(offset, (offset += lengths[row]!))]]);
}

function padding(groups: readonly (readonly number[])[]): number {
  return groups
    .flatMap((group) => group.map((length) => Math.max(...group) - length))
    .reduce((sum, each) => sum + each);
}
