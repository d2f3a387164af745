import type { GptEncoding } from "gpt-tokenizer/GptEncoding";
import { LONGEST_TOKEN_BYTES } from "./limits.ts";

/** Fit of a text within a limit of tokens. */
interface Fit {
  /** The longest beginning of the text that is within the limit for certain. */
  readonly beginning: string;
  /** True where the whole text may be within it. */
  readonly fits: boolean;
}

/** Cuts texts by the tokens of cl100k_base. Special tokens such as `<|endoftext|>` count as the plain text they are. */
export interface Cutter {
  fit(text: string, maxTokens: number): Fit;
  /** Forgets what was kept to be faster: the tokenizer keeps parts of texts, and with them whole texts, in memory. */
  forget(): void;
}

let loading: Promise<Cutter> | undefined;

/** Loaded when it is first needed: that takes a fifth of a second and some 20 MB. */
export function loadCutter(): Promise<Cutter> {
  loading ??= import("gpt-tokenizer/encoding/cl100k_base").then(({ default: encoding }) => cutterOf(encoding));
  return loading;
}

function cutterOf(encoding: GptEncoding): Cutter {
  return {
    fit: (text, maxTokens) => fit(encoding, text, maxTokens),
    forget: () => encoding.clearMergeCache(),
  };
}

/** Plain text, whatever it says. */
const PLAIN = { disallowedSpecial: new Set<string>() };

/**
 * Counts piece by piece and stops at the limit. The tokenizer takes the square of the time for a run of characters
 * that it does not split, such as a long text without a space: so runs are cut, and each cut can add a token. A text
 * that is over the limit only by so many may fit.
 */
function fit(encoding: GptEncoding, text: string, maxTokens: number): Fit {
  // No token is longer: what is beyond cannot be within the limit.
  const within = text.slice(0, maxTokens * LONGEST_TOKEN_BYTES);
  let beginning: string | undefined;
  let tokens = 0;
  let cuts = 0;
  for (let start = 0; start < within.length;) {
    const { end, natural } = endOfPiece(within, start);
    const piece = within.slice(start, end);
    const counted = encoding.isWithinTokenLimit(piece, maxTokens + cuts - tokens, PLAIN);
    if (beginning === undefined && (counted === false || tokens + counted > maxTokens)) {
      beginning = within.slice(0, start + longestWithin(encoding, piece, maxTokens - tokens));
    }
    if (counted === false) return { beginning: beginning ?? "", fits: false };
    tokens += counted;
    start = end;
    if (!natural) cuts++;
  }
  return { beginning: beginning ?? within, fits: within.length === text.length };
}

/** Characters that are counted at once. */
const PIECE = 1000;

/**
 * End of a piece: if it can be, behind a letter or digit that something else follows, since no token of cl100k_base
 * goes from one to the other.
 */
function endOfPiece(text: string, start: number): { readonly end: number; readonly natural: boolean } {
  if (text.length - start <= PIECE) return { end: text.length, natural: true };
  const piece = text.slice(start, start + PIECE);
  const natural = /^[^]*[\p{L}\p{N}](?=[^\p{L}\p{N}])/u.exec(piece)?.[0].length;
  if (natural !== undefined) return { end: start + natural, natural: true };
  const inPair = /[\uD800-\uDBFF]$/.test(piece);
  return { end: start + PIECE - (inPair ? 1 : 0), natural: false };
}

/** Number of characters of a piece that have at most so many tokens. */
function longestWithin(encoding: GptEncoding, piece: string, maxTokens: number): number {
  let fits = 0;
  let over = piece.length;
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    if (encoding.isWithinTokenLimit(piece.slice(0, middle), maxTokens, PLAIN) === false) over = middle;
    else fits = middle;
  }
  const inPair = /[\uD800-\uDBFF]$/.test(piece.slice(0, fits));
  return fits - (inPair ? 1 : 0);
}
