/** Several byte strings as one, with their sizes. */
export interface Parts {
  readonly bytes: Uint8Array;
  /** Bytes of each, in order. */
  readonly sizes: readonly number[];
}

export function joinParts(parts: readonly Uint8Array[]): Parts {
  return { bytes: Buffer.concat(parts), sizes: parts.map(({ length }) => length) };
}

/** Splits the byte strings again, as views of the one. */
export function splitParts({ bytes, sizes }: Parts): Uint8Array[] {
  let end = 0;
  return sizes.map((size) => bytes.subarray(end, (end += size)));
}
