import { normal, seededRandom } from "./random.ts";

/** Options of generated texts. */
export interface TextOptions {
  readonly count: number;
  readonly seed: number;
  /** Mean length, as the emulator counts with `tokens: "fast"`: four bytes a token. */
  readonly meanTokens: number;
  /** In every `badInputEvery` texts, one at random holds `BAD_MARKER`. @default none */
  readonly badInputEvery?: number | undefined;
}

/** Marker of texts that the emulator refuses. */
export const BAD_MARKER = "[[refused]]";

/** Length of the longest text, in tokens; OpenAI accepts 8,192. */
const LONGEST_TOKENS = 8000;
const BYTES_PER_TOKEN = 4;
/** Sigma of the logarithm of lengths: half of all texts have less than two thirds of the mean. */
const SPREAD = 0.9;

const WORDS = (
  "a about after all and answer any array as at batch before body but by call can column data each error every field " +
  "file first for from given header if in index input into is item key last length limit list many more name new no " +
  "not object of on one only or order other output page part path queue read request result return row run send set " +
  "size so start string take text that the then this time to token two type until use value vector wait when which " +
  "with without work write you"
).split(" ");

/** Distinct texts of words with lognormal lengths, the same for the same seed. About 100,000 a second. */
export function lognormalTexts({ count, seed, meanTokens, badInputEvery }: TextOptions): readonly string[] {
  const random = seededRandom(seed);
  const prose = endlessWords(random, LONGEST_TOKENS * BYTES_PER_TOKEN * 2);
  const center = Math.log(meanTokens) - SPREAD ** 2 / 2;
  const bad = new Set(badPositions(count, seed, badInputEvery));
  return Array.from({ length: count }, (_, index) => {
    const tokens = Math.min(LONGEST_TOKENS, Math.max(4, Math.round(Math.exp(center + SPREAD * normal(random)))));
    const head = `${index.toString(36)} ${bad.has(index) ? `${BAD_MARKER} ` : ""}`;
    const start = Math.floor(random() * (prose.length / 2));
    // Through bytes: a copy, not a view of `prose` that would be copied within the measured time.
    return Buffer.from(head + prose.slice(start, start + tokens * BYTES_PER_TOKEN - head.length), "latin1").toString(
      "latin1",
    );
  });
}

/** Positions of the bad texts: one at random in each `badInputEvery`. */
export function badPositions(count: number, seed: number, badInputEvery: number | undefined): readonly number[] {
  if (badInputEvery === undefined) return [];
  const random = seededRandom(seed ^ 0x5eed);
  return Array.from({ length: Math.floor(count / badInputEvery) }, (_, block) =>
    Math.floor((block + random()) * badInputEvery),
  );
}

/** Tokens of a text of ASCII characters, as the emulator counts them with `tokens: "fast"`. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / BYTES_PER_TOKEN);
}

function endlessWords(random: () => number, length: number): string {
  const words: string[] = [];
  for (let written = 0; written < length;) {
    const word = WORDS[Math.floor(random() * WORDS.length)] as string;
    words.push(word);
    written += word.length + 1;
  }
  return words.join(" ");
}
