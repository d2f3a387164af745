/** Texts of about equal length, as one call of the model takes them. */
export interface Bucket {
  /** Place of each text in the request. */
  readonly positions: readonly number[];
  /** The texts' token ids, one text after another, without padding. */
  readonly ids: Int32Array;
  /** Number of `ids` that belong to each text. */
  readonly lengths: Int32Array;
}

/** Limits of a bucket. */
export interface BucketLimits {
  readonly maxTexts: number;
  /** Texts times the longest of them: what the model computes, padding included. One text may be longer. */
  readonly maxPaddedTokens: number;
}

/**
 * Sorts texts by length and groups neighbours, so that padding is small. The longest come first: several threads
 * that take one bucket after another then end together. A text that is undefined or has no token is in no bucket.
 */
export function bucketsByLength(texts: readonly (Int32Array | undefined)[], limits: BucketLimits): Bucket[] {
  const order = [...texts.keys()].filter((position) => size(texts[position]) > 0);
  order.sort((left, right) => size(texts[right]) - size(texts[left]));

  const buckets: Bucket[] = [];
  let group: number[] = [];
  for (const position of order) {
    const padded = (group.length + 1) * size(texts[group[0] ?? position]);
    if (group.length > 0 && (group.length === limits.maxTexts || padded > limits.maxPaddedTokens)) {
      buckets.push(bucket(texts, group));
      group = [];
    }
    group.push(position);
  }
  if (group.length > 0) buckets.push(bucket(texts, group));
  return buckets;
}

function bucket(texts: readonly (Int32Array | undefined)[], positions: readonly number[]): Bucket {
  const lengths = Int32Array.from(positions, (position) => size(texts[position]));
  const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const position of positions) {
    ids.set(texts[position]!, offset);
    offset += size(texts[position]);
  }
  return { positions, ids, lengths };
}

function size(text: Int32Array | undefined): number {
  return text?.length ?? 0;
}
