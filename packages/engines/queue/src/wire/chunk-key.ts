import { createHash } from "node:crypto";
import type { Codec } from "./codec.ts";

/** A name for these inputs and options: the same for the same content, in every process. */
export function contentHash(inputs: readonly unknown[], options: string, codec: Codec): string {
  const hash = createHash("sha256").update(options);
  for (const input of inputs) {
    // Two equal strings may have different bytes in memory, and so in a structured clone.
    const bytes = typeof input === "string" ? JSON.stringify(input) : codec.encode(input);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("base64url");
}
