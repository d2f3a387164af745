import { EmbeddingsModel } from "@energetic-ai/embeddings";
import fc from "fast-check";
import { expect, test } from "vitest";
import { longTexts, variedTexts } from "../fixtures/varied-texts.ts";
import { readVocabulary, weightsFolder } from "../universal-sentence-encoder/weights.ts";
import { type Piece, UnigramTokenizer } from "./unigram.ts";

const vocabulary = await readVocabulary(weightsFolder());
const tokenizer = new UnigramTokenizer(vocabulary);
const reference = referenceTokenizer(vocabulary);

test("cuts varied and long texts as the reference does", () => {
  for (const text of [...variedTexts, ...longTexts]) expect(all(text)).toEqual(reference.encode(text));
});

test("cuts any string as the reference does", () => {
  const known = fc.constantFrom(...vocabulary.slice(6, 500).map(([piece]) => piece.replaceAll("\u2581", " ")));
  const mixed = fc.array(fc.oneof(known, fc.string({ unit: "grapheme", maxLength: 8 })), {
    maxLength: 24,
  });
  fc.assert(
    fc.property(mixed, (parts) => {
      const text = parts.join("");
      expect(all(text)).toEqual(reference.encode(text));
    }),
    { numRuns: 300 },
  );
});

test("stops at maxTokens with the beginning of the whole, and says so", () => {
  for (const text of longTexts) {
    const whole = all(text);
    for (const maxTokens of [1, 5, 128, whole.length - 1]) {
      expect(tokenizer.encode(text, maxTokens)).toEqual({
        ids: Int32Array.from(whole.slice(0, maxTokens)),
        overlong: true,
      });
    }
    expect(tokenizer.encode(text, whole.length).overlong).toBe(false);
  }
});

test("an empty text has no token", () => {
  expect(tokenizer.encode("", 128)).toEqual({ ids: new Int32Array(0), overlong: false });
});

test("no piece holds a space behind its first character, on which cutting word by word relies", () => {
  expect(vocabulary.filter(([piece]) => piece.lastIndexOf("\u2581") > 0)).toEqual([]);
});

function all(text: string): number[] {
  return [...tokenizer.encode(text, Number.MAX_SAFE_INTEGER).ids];
}

/** The tokenizer of the package that we must agree with; it is reached through its model only. */
function referenceTokenizer(pieces: readonly Piece[]): { encode(text: string): number[] } {
  const data = { vocabulary: pieces, model: undefined } as unknown as ConstructorParameters<typeof EmbeddingsModel>[0];
  return new EmbeddingsModel(data).tokenizer;
}
