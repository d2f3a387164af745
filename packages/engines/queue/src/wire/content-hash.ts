import { createHash } from "node:crypto";

/** Of 256 bits, as many as keep a trillion inputs apart, in base64url. */
const LENGTH = 22;

/**
 * A name for this input and these options: the same for the same content, in every process.
 *
 * @param encoded the input as the codec writes it
 */
export function contentHash(input: unknown, encoded: Uint8Array, options: string): string {
  const hash = createHash("sha256").update(`${options.length}:${options}`);
  // Two equal strings may have different bytes in memory, and so in a structured clone.
  if (typeof input === "string") hash.update(`text ${JSON.stringify(input)}`);
  else hash.update("value ").update(encoded);
  return hash.digest("base64url").slice(0, LENGTH);
}
