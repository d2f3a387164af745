import { noise, type Random } from "./random.ts";

/** Text to embed, or a prompt. */
export interface Text {
  readonly tokens: number;
  /** UTF-8 bytes, by which adapters weigh: never fewer than the tokens. */
  readonly bytes: number;
  /** True where the provider refuses every request that holds it. */
  readonly isBad: boolean;
}

/** Texts whose lengths are lognormal, with a median of 60 tokens and a sigma of 0.9, of which exactly a share is bad. */
export function makeTexts(count: number, random: Random, badShare: number = 0): Text[] {
  let bad = Math.round(count * badShare);
  return Array.from({ length: count }, (_, index) => {
    const tokens = Math.min(8000, Math.max(1, Math.round(60 * noise(random, 0.9))));
    const bytes = Math.max(tokens, Math.round(4.3 * tokens * noise(random, 0.12)));
    const isBad = random() * (count - index) < bad;
    if (isBad) bad--;
    return { tokens, bytes, isBad };
  });
}

export function tokensIn(texts: readonly Text[]): number {
  let sum = 0;
  for (const { tokens } of texts) sum += tokens;
  return sum;
}
