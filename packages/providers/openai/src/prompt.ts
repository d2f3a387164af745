import { IMAGE_TOKENS } from "./limits.ts";
import { utf8Length } from "./utf8.ts";

/**
 * At most how many tokens a prompt has: the bytes of every text in it, which cover what the provider adds for each
 * message. Never throws, whatever the input is.
 */
export function promptTokens(prompt: unknown, depth: number = 0): number {
  if (typeof prompt === "string") return utf8Length(prompt) + PER_TEXT;
  if (typeof prompt !== "object" || prompt === null || depth > DEPTH) return 0;
  let tokens = 0;
  for (const [name, value] of Object.entries(prompt)) {
    tokens += BINARY.has(name) ? IMAGE_TOKENS : promptTokens(value, depth + 1);
  }
  return tokens;
}

/** Marks that begin and end a message. */
const PER_TEXT = 4;
/** Deeper than any message is. */
const DEPTH = 10;
/** Addresses and base64, which are not read as text. */
const BINARY: ReadonlySet<string> = new Set(["image_url", "file_data", "input_audio"]);
