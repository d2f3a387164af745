import { createHash } from "node:crypto";

/** Characters of base64url that keep a trillion inputs apart. */
const LENGTH = 22;

/**
 * Name of this input with these options: the same for the same content, in every process.
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
