/** Tokens of one text. */
export interface Encoding {
  /** Token ids, special ones included; at most `maxTokens`. Empty where the text holds no token of its own. */
  readonly ids: Int32Array;
  /** True where the text was longer than `maxTokens`, so that its end is missing. */
  readonly overlong: boolean;
}

/** Turns a text into the token ids that its model was trained on. */
export interface Tokenizer {
  /** @param maxTokens counts special tokens too; what is beyond is cut from the end of the text. */
  encode(text: string, maxTokens: number): Encoding;
}
