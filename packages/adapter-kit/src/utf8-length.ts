const encoder = new TextEncoder();
/** Memory for encoded bytes, which are counted and not read. Most texts fit in one step. */
const scratch = new Uint8Array(16_384);

/**
 * Bytes of a text in UTF-8, and so the most tokens that it may have; 0 for what is not a text. Counting ends at `atMost`,
 * which is then the answer: a longer text costs no more. Encoding into the same memory again and again is faster than any
 * loop over characters.
 */
export function utf8Length(text: unknown, atMost: number = Infinity): number {
  if (typeof text !== "string") return 0;
  let bytes = 0;
  for (let start = 0; start < text.length && bytes < atMost;) {
    const { read, written } = encoder.encodeInto(start === 0 ? text : text.slice(start), scratch);
    start += read;
    bytes += written;
  }
  return Math.min(bytes, atMost);
}
