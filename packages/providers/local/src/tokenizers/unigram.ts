import type { Encoding, Tokenizer } from "./tokenizer.ts";

/** A piece of text and its log probability. Its position in the vocabulary is its token id. */
export type Piece = readonly [text: string, score: number];

/** Mark for a space in the pieces. */
const SPACE = "\u2581";
const UNKNOWN = 0;

/**
 * SentencePiece's unigram model as the Universal Sentence Encoder uses it: NFKC, a space before the text, and the
 * most probable way to cut it into pieces. A run of characters that no piece holds is one unknown token, id 0.
 *
 * No piece holds a space behind its first character, so words are cut one by one with the same result, and a text
 * is read no further than its first `maxTokens` tokens.
 */
export class UnigramTokenizer implements Tokenizer {
  readonly #root: TrieNode = trieNode();
  readonly #scores: Float64Array;

  /** @param reserved how many ids from 0 stand for no text. @default 6 */
  constructor(vocabulary: readonly Piece[], reserved = 6) {
    this.#scores = Float64Array.from(vocabulary, ([, score]) => score);
    for (const [id, [text]] of vocabulary.entries()) {
      if (id >= reserved) insert(this.#root, text, id);
    }
  }

  encode(text: string, maxTokens: number): Encoding {
    const ids: number[] = [];
    let first = true;
    for (const word of words(text.normalize("NFKC"))) {
      for (const id of this.#cut(Array.from(word), first)) {
        if (id !== UNKNOWN || ids.at(-1) !== UNKNOWN) ids.push(id);
      }
      first = false;
      if (ids.length > maxTokens) return { ids: Int32Array.from(ids.slice(0, maxTokens)), overlong: true };
    }
    return { ids: Int32Array.from(ids), overlong: false };
  }

  /** Viterbi: the best score up to each position, and the piece that ends there. */
  #cut(symbols: readonly string[], first: boolean): number[] {
    const length = symbols.length;
    const best = new Float64Array(length + 1).fill(-Infinity);
    const pieceEnding = new Int32Array(length + 1);
    const startOf = new Int32Array(length + 1);
    best[0] = 0;
    const offer = (start: number, end: number, id: number, score: number): void => {
      // As in the reference: on equal scores the later start wins, and at the beginning of the text a score of exactly 0
      // (that of a piece without one) counts as none.
      if (score < best[end]! && !(first && best[end] === 0)) return;
      best[end] = score;
      pieceEnding[end] = id;
      startOf[end] = start;
    };
    for (let start = 0; start < length; start++) {
      const before = best[start]!;
      let known = false;
      let node = this.#root.next.get(symbols[start]!);
      for (let end = start + 1; node; end++) {
        if (node.id !== undefined) {
          known = true;
          offer(start, end, node.id, before + this.#scores[node.id]!);
        }
        node = end < length ? node.next.get(symbols[end]!) : undefined;
      }
      if (!known) offer(start, start + 1, UNKNOWN, before);
    }
    const ids: number[] = [];
    for (let end = length; end > 0; end = startOf[end]!) ids.push(pieceEnding[end]!);
    return ids.toReversed();
  }
}

/** Words, each with the space before it. */
function* words(text: string): Generator<string> {
  if (text === "") return;
  const spaced = SPACE + text.replaceAll(" ", SPACE);
  for (let start = 0; start < spaced.length;) {
    const next = spaced.indexOf(SPACE, start + 1);
    const end = next === -1 ? spaced.length : next;
    yield spaced.slice(start, end);
    start = end;
  }
}

/** One character further into some piece; `id` where a piece ends here. */
interface TrieNode {
  readonly next: Map<string, TrieNode>;
  id: number | undefined;
}

function trieNode(): TrieNode {
  return { next: new Map(), id: undefined };
}

function insert(root: TrieNode, text: string, id: number): void {
  let node = root;
  for (const symbol of text) {
    let next = node.next.get(symbol);
    if (!next) node.next.set(symbol, (next = trieNode()));
    node = next;
  }
  node.id = id;
}
