import { utf8Length } from "./utf8-length.ts";

/**
 * At most how many tokens a prompt has: the bytes of every text in it, which cover what a provider adds for each message.
 * Never throws, whatever the prompt is.
 *
 * @param imageTokens what a picture, a recording or a file counts, whose address or base64 is not read as text
 */
export function promptTokens(prompt: unknown, imageTokens: number = 0, depth: number = 0): number {
  if (typeof prompt === "string") return utf8Length(prompt) + PER_TEXT;
  if (typeof prompt !== "object" || prompt === null || depth > DEPTH) return 0;
  let tokens = 0;
  for (const [name, value] of Object.entries(prompt)) {
    tokens += BINARY.has(name) ? imageTokens : promptTokens(value, imageTokens, depth + 1);
  }
  return tokens;
}

/** Marks that begin and end a message. */
const PER_TEXT = 4;
/** Deeper than any message is. */
const DEPTH = 10;
const BINARY: ReadonlySet<string> = new Set(["image_url", "file_data", "input_audio"]);
