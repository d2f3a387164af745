import { Buffer } from "node:buffer";

import type { Pace } from "./pace.ts";

/** Tokenizers of OpenAI's models: the first for embeddings, the second for chat. */
export type Encoding = "cl100k_base" | "o200k_base";

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number;

/** Tokenizer, as the emulator uses it. */
export interface Tokenizer {
  count(text: string): number;
  encode(text: string): number[];
  decode(tokens: readonly number[]): string;
}

/** Treats text that looks like a special token as text, as the APIs do. */
const AS_TEXT: { readonly disallowedSpecial: Set<string> } = { disallowedSpecial: new Set() };

/** Loads a tokenizer, which takes 100 ms and more the first time. */
export async function loadTokenizer(encoding: Encoding): Promise<Tokenizer> {
  const module = await (encoding === "cl100k_base"
    ? import("gpt-tokenizer/encoding/cl100k_base")
    : import("gpt-tokenizer/encoding/o200k_base"));
  return {
    count: (text) => countPieces(text, (piece) => module.countTokens(piece, AS_TEXT)),
    encode: (text) => module.encode(text, AS_TEXT),
    decode: (tokens) => module.decode(tokens),
  };
}

/** Words and white space of a length that no real text has. */
const ENDLESS = /(\S{1000,}|\s{1000,})/;
const PIECE = 250;

/**
 * Counts endless words in pieces, which adds a token now and then: the tokenizer's time grows with the square of a
 * word's length, to minutes for a million letters without a space.
 */
function countPieces(text: string, count: CountTokens): number {
  if (text.length < 1000) return count(text);
  const parts = text.split(ENDLESS);
  if (parts.length === 1) return count(text);
  let total = 0;
  for (const [index, part] of parts.entries()) {
    // Every second part is an endless one.
    const length = index % 2 === 1 ? PIECE : part.length;
    for (let at = 0; at < part.length; at += length) total += count(part.slice(at, at + length));
  }
  return total;
}

/** Estimates a tokenizer's count at almost no cost: a token for every four bytes, rounded up. */
export function countFast(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** Checks the counts: the limits calculate in whole numbers. */
function checked(countTokens: CountTokens): CountTokens {
  return (text) => {
    const count = countTokens(text);
    if (!Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`Expected \`countTokens\` to return a whole number from 0, got ${count}.`);
    return count;
  };
}

/** Number of characters at which all remembered counts are dropped. */
const MEMORY_CHARACTERS = 16_000_000;

/** Counts tokens as the options ask, and remembers exact counts: a retry sends the same texts. */
export class TokenCounter {
  readonly #chosen: CountTokens | "exact" | "fast";
  readonly #loaded = new Map<Encoding, Promise<CountTokens>>();
  #known: Record<Encoding, Map<string, number>> = { cl100k_base: new Map(), o200k_base: new Map() };
  #knownCharacters = 0;

  constructor(chosen: CountTokens | "exact" | "fast") {
    this.#chosen = chosen;
  }

  /** Token count of each text. */
  async count(texts: readonly string[], encoding: Encoding, pace: Pace): Promise<number[]> {
    const countTokens = await this.#counter(encoding);
    const counts: number[] = [];
    for (const text of texts) {
      counts.push(this.#chosen === "exact" ? this.#remember(encoding, text, countTokens) : countTokens(text));
      await pace.rest();
    }
    return counts;
  }

  async countOne(text: string, encoding: Encoding, pace: Pace): Promise<number> {
    return (await this.count([text], encoding, pace))[0] as number;
  }

  #counter(encoding: Encoding): Promise<CountTokens> | CountTokens {
    if (this.#chosen === "fast") return countFast;
    if (typeof this.#chosen === "function") return checked(this.#chosen);
    let loading = this.#loaded.get(encoding);
    if (loading === undefined) {
      loading = loadTokenizer(encoding).then((tokenizer) => (text: string) => tokenizer.count(text));
      this.#loaded.set(encoding, loading);
    }
    return loading;
  }

  #remember(encoding: Encoding, text: string, countTokens: CountTokens): number {
    const known = this.#known[encoding].get(text);
    if (known !== undefined) return known;
    const count = countTokens(text);
    if (this.#knownCharacters > MEMORY_CHARACTERS) {
      this.#known = { cl100k_base: new Map(), o200k_base: new Map() };
      this.#knownCharacters = 0;
    }
    this.#known[encoding].set(text, count);
    this.#knownCharacters += text.length;
    return count;
  }
}
