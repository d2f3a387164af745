import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import type { Encoding, Tokenizer } from "./tokenizer.ts";

const NO_TOKENS = new Int32Array(0);

/** Facts in a model's files beside tokenizer.json. */
export interface HuggingFaceTokenizerOptions {
  /** Lower-cases texts first. @default false */
  readonly lowerCase?: boolean;
}

/** Any tokenizer that a tokenizer.json describes. A cut text keeps the special tokens around it. */
export class HuggingFaceTokenizer implements Tokenizer {
  readonly #tokenizer: HuggingFace;
  readonly #lowerCase: boolean;
  /** Number of special tokens before and after a text. */
  readonly #before: number;
  readonly #around: number;

  /** @throws whatever the library throws on a tokenizer.json that it cannot work with. */
  constructor(tokenizer: object, config: object, options: HuggingFaceTokenizerOptions = {}) {
    this.#tokenizer = new HuggingFace(tokenizer, config);
    this.#lowerCase = options.lowerCase ?? false;
    const bare = this.#tokenizer.encode("a", { add_special_tokens: false }).ids;
    const full = this.#tokenizer.encode("a").ids;
    this.#around = full.length - bare.length;
    this.#before = leading(full, bare);
  }

  encode(text: string, maxTokens: number): Encoding {
    const ids = this.#tokenizer.encode(this.#lowerCase ? text.toLowerCase() : text).ids;
    if (ids.length <= this.#around) return { ids: NO_TOKENS, overlong: false };
    if (ids.length <= maxTokens) return { ids: Int32Array.from(ids), overlong: false };
    const after = this.#around - this.#before;
    const kept = [...ids.slice(0, maxTokens - after), ...ids.slice(ids.length - after)];
    return { ids: Int32Array.from(kept), overlong: true };
  }

  /** The id of a token by its text; undefined where the vocabulary lacks it. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /** The fewest tokens that a text can be cut to: its special ones and one of its own. */
  get minTokens(): number {
    return this.#around + 1;
  }
}

/** Number of `full`'s ids that stand before `bare`. */
function leading(full: readonly number[], bare: readonly number[]): number {
  for (let offset = 0; offset + bare.length <= full.length; offset++) {
    if (bare.every((id, index) => full[offset + index] === id)) return offset;
  }
  return 0;
}
